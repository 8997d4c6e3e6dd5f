//! Signing in and setting up.

/// The texts of the login and setup pages.
#[derive(Debug)]
pub struct Door {
    /// Heading and button of the login page.
    pub sign_in: &'static str,
    /// The field for the account's name.
    pub name: &'static str,
    /// The field for the password.
    pub password: &'static str,
    /// A wrong name or password; which of them is not said.
    pub wrong: &'static str,
    /// Too many wrong attempts; `{wait}` seconds.
    pub too_many: &'static str,
    /// More logins at once than the machine can check.
    pub busy: &'static str,
    /// Heading of the setup page.
    pub welcome: &'static str,
    /// What to do on the setup page.
    pub welcome_lead: &'static str,
    /// The field for the setup code.
    pub code: &'static str,
    /// Where the code is found.
    pub code_hint: &'static str,
    /// What a name may be.
    pub name_hint: &'static str,
    /// What a good password is.
    pub password_hint: &'static str,
    /// The button of the setup page.
    pub create: &'static str,
    /// A setup code that is not the hub's.
    pub wrong_code: &'static str,
    /// A name that is not allowed.
    pub bad_name: &'static str,
    /// A password that is too short.
    pub short_password: &'static str,
    /// A password that is too long.
    pub long_password: &'static str,
    /// A password that anybody would try.
    pub obvious_password: &'static str,
    /// The account could not be written.
    pub not_made: &'static str,
    /// Heading of the help with the browser's warning.
    pub trust: &'static str,
    /// Why the browser warns and what to compare.
    pub trust_lead: &'static str,
    /// What to do once with the file.
    pub trust_how: &'static str,
    /// The link to the file.
    pub trust_file: &'static str,
    /// The other way to this hub: the address by name stands behind it.
    pub also: &'static str,
}

pub(super) const EN: Door = Door {
    sign_in: "Sign in",
    name: "Name",
    password: "Password",
    wrong: "This name and password do not belong together.",
    too_many: "Too many wrong attempts from here. Try again in {wait} s.",
    busy: "Too many people are signing in at once. Try again.",
    welcome: "Welcome",
    welcome_lead: "This hub has no account yet. Make yours: with it you see every device and switch it.",
    code: "Setup code",
    code_hint: "It is on the hub's own screen and in its log; on its machine, sudo clown-hub setup tells it, too.",
    name_hint: "Letters, digits and . - _ @",
    password_hint: "At least 10 characters. Several unrelated words are easy to remember and hard to guess.",
    create: "Make the account",
    wrong_code: "This is not the code that the hub printed last.",
    bad_name: "A name has at most 64 letters, digits and . - _ @",
    short_password: "A password needs at least 10 characters.",
    long_password: "A password has at most 1024 bytes.",
    obvious_password: "This password is among the first that anybody would try. Take several unrelated words.",
    not_made: "The account could not be made. The log of the hub says why.",
    trust: "Your browser warned you?",
    trust_lead: "The hub made its certificate itself. The connection is safe if the browser shows the fingerprint \
                 that the hub printed:",
    trust_how: "To be warned no more, add this file to the authorities of your device. It vouches for this hub and \
                for private networks only.",
    trust_file: "Download ca.pem",
    also: "This hub has a name that stays when its address changes:",
};

pub(super) const CS: Door = Door {
    sign_in: "Přihlášení",
    name: "Jméno",
    password: "Heslo",
    wrong: "Toto jméno a heslo k sobě nepatří.",
    too_many: "Odtud přišlo příliš mnoho neúspěšných pokusů. Zkuste to znovu za {wait} s.",
    busy: "Přihlašuje se příliš mnoho lidí najednou. Zkuste to znovu.",
    welcome: "Vítejte",
    welcome_lead: "Tento hub ještě nemá žádný účet. Založte si svůj: uvidíte s ním všechna zařízení a můžete je spínat.",
    code: "Kód pro nastavení",
    code_hint: "Je na obrazovce hubu a v jeho záznamu; na jeho počítači ho vypíše i sudo clown-hub setup.",
    name_hint: "Písmena, číslice a . - _ @",
    password_hint: "Nejméně 10 znaků. Několik nesouvisejících slov se dobře pamatuje a špatně hádá.",
    create: "Založit účet",
    wrong_code: "Toto není kód, který hub vypsal naposledy.",
    bad_name: "Jméno smí mít nejvýše 64 znaků: písmena, číslice a . - _ @",
    short_password: "Heslo musí mít nejméně 10 znaků.",
    long_password: "Heslo smí mít nejvýše 1024 bajtů.",
    obvious_password: "Toto heslo by každý zkusil mezi prvními. Zvolte několik nesouvisejících slov.",
    not_made: "Účet se nepodařilo založit. Proč, je v záznamu hubu.",
    trust: "Varoval vás prohlížeč?",
    trust_lead: "Certifikát si hub vyrobil sám. Spojení je bezpečné, ukazuje-li prohlížeč otisk, který hub vypsal:",
    trust_how: "Aby prohlížeč příště nevaroval, přidejte tento soubor mezi autority svého zařízení. Ručí jen za tento \
                hub a za soukromé sítě.",
    trust_file: "Stáhnout ca.pem",
    also: "Tento hub má jméno, které zůstane, i když se jeho adresa změní:",
};
