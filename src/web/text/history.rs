//! The HISTORY page: graphs of what was recorded.

use serde::Serialize;

/// The texts of the HISTORY page.
#[derive(Debug)]
pub struct History {
    /// The title, and the link to the page.
    pub title: &'static str,
    /// What the page is.
    pub lead: &'static str,
    /// Nothing is recorded because nobody wants it.
    pub off: &'static str,
    /// What to write into the configuration.
    pub off_hint: &'static str,
    /// Nothing has been recorded yet.
    pub empty: &'static str,
    /// When that will be otherwise.
    pub empty_hint: &'static str,
    /// The file cannot be read.
    pub trouble: &'static str,
    /// Heading of what it costs the disk.
    pub disk: &'static str,
    /// The file has `{bytes}` of at most `{most}`.
    pub disk_size: &'static str,
    /// The hub writes `{bytes}` a day, which a card bears for `{years}`.
    pub disk_pace: &'static str,
    /// The hub writes `{bytes}` a day.
    pub disk_writes: &'static str,
    /// Too early for that.
    pub disk_early: &'static str,
    /// `{n}` years.
    pub disk_years: &'static str,
    /// More than a hundred.
    pub disk_long: &'static str,
    /// `{n}` quantities are not recorded.
    pub disk_left_out: &'static str,
    /// `{n}` samples were lost.
    pub disk_lost: &'static str,
    /// Nothing is chosen yet.
    pub start: &'static str,
    /// Heading of the list.
    pub choose: &'static str,
    /// Label of its search.
    pub search: &'static str,
    /// The search finds nothing.
    pub nothing_found: &'static str,
    /// The button that shows what is chosen.
    pub show: &'static str,
    /// Name of the group of spans.
    pub spans: &'static str,
    /// 10 minutes, 1 hour, 6 hours, 1 day, 1 week, 1 month, 1 year.
    pub lengths: [&'static str; 7],
    /// Everything there is.
    pub all: &'static str,
    /// To an earlier time.
    pub earlier: &'static str,
    /// To a later time.
    pub later: &'static str,
    /// Closer.
    pub zoom_in: &'static str,
    /// More of it.
    pub zoom_out: &'static str,
    /// To now.
    pub now: &'static str,
    /// Unfolds the fields for a time of one's own.
    pub own: &'static str,
    /// Label of its beginning.
    pub from: &'static str,
    /// Label of its end.
    pub to: &'static str,
    /// Times are in UTC where no script writes them otherwise.
    pub utc: &'static str,
    /// Name of the graphs.
    pub graph: &'static str,
    /// Unfolds how to move.
    pub help: &'static str,
    /// By keyboard, mouse and finger.
    pub moves: [&'static str; 3],
    /// Takes a series away: `{name}`.
    pub remove: &'static str,
    /// The caption of the table in words.
    pub in_words: &'static str,
    /// Heads of its columns: series, latest, least, mean, greatest, added.
    pub columns: [&'static str; 6],
    /// How long something was so: `{state}`, `{time}`, `{percent}`.
    pub held: &'static str,
    /// How often it changed: `{n}`.
    pub changed: &'static str,
    /// Nothing was recorded in this time.
    pub nothing: &'static str,
    /// The unit was another one before: `{units}`.
    pub units: &'static str,
    /// Unfolds the table of numbers.
    pub numbers: &'static str,
    /// Head of its column of times.
    pub time: &'static str,
    /// What its rows are, if pieces: `{length}`.
    pub pieces: &'static str,
    /// What its rows are, if samples.
    pub samples: &'static str,
    /// There are more rows than `{n}`.
    pub cut: &'static str,
    /// The link to the file of samples.
    pub csv: &'static str,
    /// The button that saves a picture.
    pub png: &'static str,
    /// Too many series: `{n}` is how many can be.
    pub too_many: &'static str,
    /// No such series: `{name}`.
    pub no_series: &'static str,
    /// From or to is no time.
    pub bad_time: &'static str,
    /// Units of lengths: day, hour, minute, second.
    pub units_of_time: [&'static str; 4],
    /// Screen reader text of a sparkline, and of the link to the page: `{name}`.
    pub of: &'static str,
    /// What the script says, too.
    pub live: Live,
}

/// What the script of the page says.
#[derive(Debug, Serialize)]
pub struct Live {
    /// The hub could not be asked.
    pub failed: &'static str,
    /// Too many series: `{n}` is how many can be.
    pub too_many: &'static str,
}

pub(super) const EN: History = History {
    title: "History",
    lead: "What was measured, counted and switched.",
    off: "History is switched off",
    off_hint: "The hub records nothing now. To record, write into the configuration, or take the section out:",
    empty: "Nothing has been recorded yet",
    empty_hint: "What a device says is here a few seconds later. Nothing has to be set up.",
    trouble: "What was recorded cannot be read now",
    disk: "What it costs the disk",
    disk_size: "The file has {bytes} of at most {most}.",
    disk_pace: "The hub writes {bytes} a day with all that it does; a memory card of this size bears that for {years}.",
    disk_writes: "The hub writes {bytes} a day with all that it does.",
    disk_early: "What the hub writes in a day is known ten minutes after the start.",
    disk_years: "about {n} years",
    disk_long: "more than 100 years",
    disk_left_out: "{n} quantities are not recorded: there are too many of them, or they say texts.",
    disk_lost: "{n} samples were lost, because the disk could not be written.",
    start: "Tick what you want to see. Two units fit into one graph; what has a third one gets a graph below.",
    choose: "Choose what to see",
    search: "Search",
    nothing_found: "Nothing that was recorded is called like this.",
    show: "Show",
    spans: "Time",
    lengths: ["10 min", "1 h", "6 h", "1 day", "1 week", "1 month", "1 year"],
    all: "All",
    earlier: "Earlier",
    later: "Later",
    zoom_in: "Closer",
    zoom_out: "Wider",
    now: "Now",
    own: "From – to",
    from: "From",
    to: "To",
    utc: "Times are UTC.",
    graph: "Graph",
    help: "How to move",
    moves: [
        "Keys, when the graph has the focus: ← and → move, + and − zoom, Home goes to the beginning, End to now.",
        "Mouse: draw over a time to see it closely, double-click for more around it, Shift and drag to move, Ctrl and the wheel to zoom.",
        "Fingers: drag to move, pinch to zoom.",
    ],
    remove: "Take away {name}",
    in_words: "In words",
    columns: ["Series", "Latest", "Least", "Mean", "Greatest", "Added"],
    held: "{state} for {time} ({percent} %)",
    changed: "changes: {n}",
    nothing: "nothing was recorded in this time",
    units: "earlier in {units}",
    numbers: "Numbers",
    time: "Time",
    pieces: "Each row is {length}: the mean, and in brackets the least and the greatest value.",
    samples: "Each row is a sample.",
    cut: "These are the first {n} rows; the file has all of them.",
    csv: "CSV, every sample",
    png: "Picture (PNG)",
    too_many: "At most {n} series are shown at once; these are the first.",
    no_series: "Nothing was ever recorded as {name}.",
    bad_time: "From and to are not a time that ends after it begins; this is the last day.",
    units_of_time: ["d", "h", "min", "s"],
    of: "History of {name}",
    live: Live {
        failed: "The hub could not be asked; what is shown may be old. It is tried again.",
        too_many: "At most {n} series are shown at once. Take one away first.",
    },
};

pub(super) const CS: History = History {
    title: "Historie",
    lead: "Co se měřilo, počítalo a spínalo.",
    off: "Historie je vypnutá",
    off_hint: "Hub teď nic nezaznamenává. Aby zaznamenával, napište do konfigurace, nebo oddíl smažte:",
    empty: "Zatím není nic zaznamenáno",
    empty_hint: "Co zařízení řekne, je tu za pár vteřin. Nic se nemusí nastavovat.",
    trouble: "Záznamy teď nejdou přečíst",
    disk: "Co to stojí disk",
    disk_size: "Soubor má {bytes} z nejvýše {most}.",
    disk_pace: "Hub se vším, co dělá, zapíše {bytes} za den; paměťová karta téhle velikosti to snese {years}.",
    disk_writes: "Hub se vším, co dělá, zapíše {bytes} za den.",
    disk_early: "Kolik hub zapíše za den, bude známo deset minut po spuštění.",
    disk_years: "asi {n} let",
    disk_long: "víc než 100 let",
    disk_left_out: "{n} veličin se nezaznamenává: je jich příliš mnoho, nebo říkají texty.",
    disk_lost: "{n} vzorků se ztratilo, protože na disk nešlo zapisovat.",
    start: "Zaškrtněte, co chcete vidět. Do jednoho grafu se vejdou dvě jednotky; co má třetí, dostane graf pod ním.",
    choose: "Vybrat, co je vidět",
    search: "Hledat",
    nothing_found: "Nic takového zaznamenáno není.",
    show: "Ukázat",
    spans: "Doba",
    lengths: ["10 min", "1 h", "6 h", "1 den", "1 týden", "1 měsíc", "1 rok"],
    all: "Vše",
    earlier: "Dříve",
    later: "Později",
    zoom_in: "Blíž",
    zoom_out: "Víc",
    now: "Teď",
    own: "Od – do",
    from: "Od",
    to: "Do",
    utc: "Časy jsou UTC.",
    graph: "Graf",
    help: "Jak se pohybovat",
    moves: [
        "Klávesy, když je graf vybraný: ← a → posouvají, + a − přibližují, Home jde na začátek, End do teď.",
        "Myš: tažením vyberte dobu zblízka, dvojklik ukáže víc okolo, Shift a tažení posouvá, Ctrl a kolečko přibližuje.",
        "Prsty: tažením posun, dvěma prsty přiblížení.",
    ],
    remove: "Odebrat: {name}",
    in_words: "Slovy",
    columns: ["Řada", "Poslední", "Nejméně", "Průměr", "Nejvíce", "Přibylo"],
    held: "{state} {time} ({percent} %)",
    changed: "změn: {n}",
    nothing: "v této době nic zaznamenáno není",
    units: "dříve v {units}",
    numbers: "Čísla",
    time: "Čas",
    pieces: "Každý řádek je {length}: průměr a v závorce nejmenší a největší hodnota.",
    samples: "Každý řádek je jeden vzorek.",
    cut: "Toto je prvních {n} řádků; v souboru jsou všechny.",
    csv: "CSV, každý vzorek",
    png: "Obrázek (PNG)",
    too_many: "Najednou je vidět nejvýše {n} řad; toto jsou první z nich.",
    no_series: "Nic takového nikdy zaznamenáno nebylo: {name}.",
    bad_time: "Od a do není doba, která skončí až po svém začátku; toto je poslední den.",
    units_of_time: ["d", "h", "min", "s"],
    of: "Historie: {name}",
    live: Live {
        failed: "Hubu se nepodařilo zeptat; co je vidět, může být staré. Zkusí se to znovu.",
        too_many: "Najednou je vidět nejvýše {n} řad. Nejdřív nějakou odeberte.",
    },
};
