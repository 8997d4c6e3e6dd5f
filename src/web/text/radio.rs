//! The RADIO page: gateways, pairing, nodes, and what becomes of what one does with them.

use serde::Serialize;

/// The texts of the RADIO page.
#[derive(Debug)]
pub struct Radio {
    /// What the page is.
    pub lead: &'static str,
    /// No link has a radio.
    pub none: &'static str,
    /// What to write into the configuration.
    pub none_hint: &'static str,
    /// The gateway cannot be commanded now.
    pub nobody: &'static str,
    /// Nodes are shown although the gateway is not there.
    pub from_before: &'static str,
    /// Pairing is on.
    pub on: &'static str,
    /// Pairing was started.
    pub started: &'static str,
    /// What to do while pairing is on, and that it does not end by itself.
    pub pairing_hint: &'static str,
    /// Pairing is off.
    pub off: &'static str,
    /// Nobody knows whether pairing is on.
    pub perhaps: &'static str,
    /// Pairing was stopped.
    pub stopped: &'static str,
    /// Button: start pairing.
    pub start: &'static str,
    /// Button: stop pairing.
    pub stop: &'static str,
    /// Button: let the gateway list its nodes again.
    pub ask: &'static str,
    /// The gateway has listed its nodes.
    pub asked: &'static str,
    /// `{n}` nodes of `{most}`.
    pub count: &'static str,
    /// There is no room for another node.
    pub full: &'static str,
    /// Name of the list of nodes.
    pub nodes: &'static str,
    /// No node is paired.
    pub empty: &'static str,
    /// Whether a node can be commanded: it listens, it sleeps, it has not said.
    pub modes: [&'static str; 3],
    /// A node that listens, while its gateway is not there.
    pub in_vain: &'static str,
    /// Label of the battery.
    pub battery: &'static str,
    /// Label of the firmware.
    pub firmware: &'static str,
    /// A node's last word; the age follows.
    pub heard: &'static str,
    /// A node that has not spoken.
    pub unheard: &'static str,
    /// What can be done with a node.
    pub more: &'static str,
    /// Label of the name.
    pub alias: &'static str,
    /// What a name may be.
    pub alias_hint: &'static str,
    /// Button: give the name.
    pub rename: &'static str,
    /// Link to the question before a node is removed.
    pub remove: &'static str,
    /// What can be done by hand.
    pub by_hand: &'static str,
    /// Label of an id.
    pub add_id: &'static str,
    /// Button: pair a node by its id.
    pub add: &'static str,
    /// Link to the question before all nodes are removed.
    pub purge: &'static str,
    /// Remove `{node}`?
    pub sure_remove: &'static str,
    /// What becomes of a node that is removed.
    pub sure_remove_hint: &'static str,
    /// Button: remove it.
    pub yes_remove: &'static str,
    /// Remove all `{n}` nodes of `{gateway}`?
    pub sure_purge: &'static str,
    /// What becomes of them.
    pub sure_purge_hint: &'static str,
    /// Button: remove all.
    pub yes_purge: &'static str,
    /// Link: no.
    pub no: &'static str,
    /// `{node}` was paired.
    pub attached: &'static str,
    /// `{node}` could not be paired.
    pub attach_failure: &'static str,
    /// `{node}` was removed.
    pub detached: &'static str,
    /// All were removed.
    pub purged: &'static str,
    /// `{node}` has another name.
    pub renamed: &'static str,
    /// Done, and the gateway tells what.
    pub done: &'static str,
    /// On its way, and nothing was heard yet.
    pub unanswered: &'static str,
    /// The gateway said nothing for `{after}`.
    pub no_answer: &'static str,
    /// There are other nodes than there were when somebody said yes.
    pub changed: &'static str,
    /// The node is gone.
    pub gone: &'static str,
    /// A form that the page does not have.
    pub not_an_act: &'static str,
    /// What the script says.
    pub live: Live,
}

/// What the script of the RADIO page says.
#[derive(Debug, Serialize)]
pub struct Live {
    /// A command is on its way.
    pub sending: &'static str,
    /// The hub did not tell what became of a command.
    pub no_outcome: &'static str,
}

pub(super) const EN: Radio = Radio {
    lead: "The radio gateways of HARDWARIO TOWER (BigClown) and the wireless nodes that are paired with them.",
    none: "No radio gateway is configured",
    none_hint: "Plug in the radio dongle and write its link into the configuration:",
    nobody: "The gateway is not there: nothing can be paired or commanded now.",
    from_before: "What is shown of its nodes is from before.",
    on: "Pairing is on.",
    started: "Pairing was started.",
    pairing_hint: "Hold the button of the node until its light goes on; the node appears here by itself. Pairing does not \
                   end by itself: stop it when you are done, or anybody's node in reach can join.",
    off: "Pairing is off: no new node can join.",
    perhaps: "A gateway does not say whether it still pairs from before. Stop pairing to be sure that no node can join.",
    stopped: "Pairing was stopped.",
    start: "Start pairing",
    stop: "Stop pairing",
    ask: "Ask again",
    asked: "The gateway has listed its nodes.",
    count: "Nodes: {n} of {most}",
    full: "There is no room for another node. Remove one before you pair the next.",
    nodes: "Nodes",
    empty: "No node is paired yet. Start pairing, then hold the button of a node.",
    modes: [
        "Listens and can be commanded",
        "This node sleeps and cannot be commanded",
        "Has not said yet whether it listens",
    ],
    in_vain: "Listens, but its gateway is not there",
    battery: "Battery",
    firmware: "Firmware",
    heard: "Last word",
    unheard: "Has not spoken since the hub knows it",
    more: "Name, messages, removal",
    alias: "Name",
    alias_hint: "A name has at most 32 bytes and no / + or #; the gateway keeps it. An empty name takes it away.",
    rename: "Save",
    remove: "Remove…",
    by_hand: "Add by id, remove all",
    add_id: "Id of a node, 12 digits 0–9 a–f",
    add: "Add",
    purge: "Remove all nodes…",
    sure_remove: "Remove {node}?",
    sure_remove_hint: "The gateway will not hear this node any more. To have it back, pair it again; the gateway forgets \
                       its name when it is started the next time.",
    yes_remove: "Remove it",
    sure_purge: "Remove all {n} nodes from {gateway}?",
    sure_purge_hint: "The gateway will not hear any of its nodes any more. Each of them has to be paired again, by its \
                      button.",
    yes_purge: "Remove all",
    no: "Keep",
    attached: "Paired: {node}",
    attach_failure: "Not paired, for there is no room: {node}",
    detached: "Removed: {node}",
    purged: "All nodes were removed.",
    renamed: "Renamed: {node}",
    done: "Done.",
    unanswered: "Sent; the gateway has not answered yet.",
    no_answer: "No answer from the gateway after {after}. Look again in a moment, or plug it in anew.",
    changed: "There are other nodes now than when you were asked; nothing was removed. Look again.",
    gone: "This node is not paired any more.",
    not_an_act: "The page has no such button.",
    live: Live {
        sending: "Asking the gateway…",
        no_outcome: "The hub did not say what became of it. It may have been done; look at the nodes.",
    },
};

pub(super) const CS: Radio = Radio {
    lead: "Rádiové brány HARDWARIO TOWER (BigClown) a bezdrátové uzly, které jsou s nimi spárované.",
    none: "Žádná rádiová brána není nastavená",
    none_hint: "Zapojte rádiový dongle a zapište jeho spojení do konfigurace:",
    nobody: "Brána tu není: teď nelze nic párovat ani ovládat.",
    from_before: "Co je tu o jejích uzlech, je z dřívějška.",
    on: "Párování je zapnuté.",
    started: "Párování bylo zapnuto.",
    pairing_hint: "Držte tlačítko uzlu, dokud se nerozsvítí; uzel se tu objeví sám. Párování samo neskončí: až budete \
                   hotovi, vypněte ho, jinak se může připojit kterýkoli uzel v dosahu.",
    off: "Párování je vypnuté: žádný nový uzel se nepřipojí.",
    perhaps: "Brána neříká, jestli ještě páruje z dřívějška. Vypněte párování, ať se jistě žádný uzel nepřipojí.",
    stopped: "Párování bylo vypnuto.",
    start: "Zapnout párování",
    stop: "Vypnout párování",
    ask: "Zeptat se znovu",
    asked: "Brána vypsala své uzly.",
    count: "Uzly: {n} z {most}",
    full: "Pro další uzel už není místo. Než spárujete další, některý odeberte.",
    nodes: "Uzly",
    empty: "Zatím není spárovaný žádný uzel. Zapněte párování a podržte tlačítko uzlu.",
    modes: [
        "Poslouchá a lze ho ovládat",
        "Tento uzel spí a nelze ho ovládat",
        "Zatím neřekl, jestli poslouchá",
    ],
    in_vain: "Poslouchá, ale jeho brána tu není",
    battery: "Baterie",
    firmware: "Firmware",
    heard: "Naposledy se ozval",
    unheard: "Od té doby, co ho hub zná, se neozval",
    more: "Jméno, zprávy, odebrání",
    alias: "Jméno",
    alias_hint: "Jméno má nejvýš 32 bajtů a žádné / + ani #; pamatuje si ho brána. Prázdné jméno ho smaže.",
    rename: "Uložit",
    remove: "Odebrat…",
    by_hand: "Přidat podle id, odebrat všechny",
    add_id: "Id uzlu, 12 číslic 0–9 a–f",
    add: "Přidat",
    purge: "Odebrat všechny uzly…",
    sure_remove: "Odebrat {node}?",
    sure_remove_hint: "Brána tento uzel přestane slyšet. Aby se vrátil, musí se spárovat znovu; jeho jméno brána \
                       zapomene při příštím spuštění.",
    yes_remove: "Odebrat",
    sure_purge: "Odebrat z {gateway} všechny uzly ({n})?",
    sure_purge_hint: "Brána přestane slyšet všechny své uzly. Každý z nich se musí spárovat znovu, tlačítkem.",
    yes_purge: "Odebrat všechny",
    no: "Ponechat",
    attached: "Spárováno: {node}",
    attach_failure: "Nespárováno, není místo: {node}",
    detached: "Odebráno: {node}",
    purged: "Všechny uzly byly odebrány.",
    renamed: "Přejmenováno: {node}",
    done: "Hotovo.",
    unanswered: "Odesláno; brána zatím neodpověděla.",
    no_answer: "Brána po {after} neodpověděla. Podívejte se za chvíli znovu, nebo ji znovu zapojte.",
    changed: "Uzly jsou teď jiné, než když jste byli dotázáni; nic se neodebralo. Podívejte se znovu.",
    gone: "Tento uzel už není spárovaný.",
    not_an_act: "Takové tlačítko stránka nemá.",
    live: Live {
        sending: "Ptám se brány…",
        no_outcome: "Hub neřekl, jak to dopadlo. Možná se to stalo; podívejte se na uzly.",
    },
};
