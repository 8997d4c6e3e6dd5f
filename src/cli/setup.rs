//! `clown-hub setup`: where the pages of the hub on this machine are, and the code that makes the first account.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::print::{Paint, Style};
use super::{check, exit, place, print, qr};
use crate::app::folder;
use crate::app::local::Local;

/// Where the service of a package keeps its data.
const PACKAGED: &str = "/var/lib/clown-hub";

/// Print the address of the hub that runs on this machine, and its setup code.
#[derive(Args)]
#[command(after_help = "\
The setup code makes the first account; it is of no use afterwards, and each start makes a new one. \
Only the user who runs the hub and root can read it.

Exit codes:
  0  the hub waits for its first account; address and code are printed
  1  the hub has an account already; the address is printed
  3  no hub runs here, or only another user can ask it

Examples:
  sudo clown-hub setup
  clown-hub setup --data /tmp/hub --json")]
pub struct SetupArgs {
    #[command(flatten)]
    place: place::Place,
    /// Print one JSON object: needs_setup, address, by_name, setup_code, fingerprint.
    #[arg(long)]
    json: bool,
    /// Draw the QR code with # instead of blocks.
    #[arg(long)]
    ascii: bool,
}

/// Says what a person in front of a new hub needs.
pub fn run(args: &SetupArgs) -> ExitCode {
    let data = match data(&args.place) {
        Ok(data) => data,
        Err(code) => return code,
    };
    let local = match found(&data) {
        Ok(local) => local,
        Err(problem) => {
            print::error(problem);
            return exit::unreachable();
        }
    };
    if args.json {
        print::line(json!({
            "needs_setup": local.setup_code.is_some(),
            "address": local.address,
            "by_name": local.by_name,
            "setup_code": local.setup_code,
            "fingerprint": local.fingerprint,
        }));
    } else {
        say(&local, args.ascii);
    }
    if local.setup_code.is_some() { exit::DONE } else { exit::failed() }
}

/// The data folder: what is named or configured, otherwise the packaged one.
fn data(place: &place::Place) -> Result<PathBuf, ExitCode> {
    match place.data() {
        Ok(data) => Ok(data),
        Err(problems) if place.config.is_some() => {
            check::print_problems(&problems);
            Err(exit::usage())
        }
        Err(_) => Ok(PACKAGED.into()),
    }
}

/// What the running hub has posted, or what to do.
fn found(data: &Path) -> Result<Local, String> {
    let shown = data.display();
    let service = "start it: sudo systemctl start clown-hub (journalctl -u clown-hub tells why it does not)";
    match Local::read(data) {
        // A hub that was killed leaves its words behind.
        Ok(Some(local)) if folder::is_held(data) => Ok(local),
        Ok(_) => {
            let starting = if folder::is_held(data) { " yet; it has only just begun, try again" } else { "" };
            Err(format!(
                "no hub serves the data folder {shown}{starting}; {service}; or name another folder with --data DIR"
            ))
        }
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(format!("only root and the hub's own user can read {shown}: run `sudo clown-hub setup`"))
        }
        Err(error) => Err(format!("cannot read what the hub has posted in {shown}: {error}; start it again")),
    }
}

fn say(local: &Local, ascii: bool) {
    let paint = Paint::stdout();
    let addresses = local.addresses();
    let best = addresses.first().copied().unwrap_or(&local.address);
    print::line(format_args!("\n  address      {}", paint.word(Style::Cyan, best)));
    for other in addresses.iter().skip(1) {
        print::line(format_args!("  or           {}", paint.word(Style::Cyan, other)));
    }
    let Some(code) = &local.setup_code else {
        print::line("\nThis hub is set up: log in at its address. Accounts: `clown-hub user list`\n");
        return;
    };
    print::line(format_args!("  setup code   {}", paint.word(Style::Bold, code)));
    if let Some(drawn) = qr::draw(&format!("{best}/setup?code={code}"), ascii) {
        print::line(format_args!("\n{drawn}"));
    }
    print::line("\nOpen the address on a phone or computer in the same network and type the code, or");
    print::line("scan the picture, which holds both. The browser does not know this hub yet: go on");
    print::line("if it shows the fingerprint");
    print::line(format_args!("  {}\n", local.fingerprint.as_deref().unwrap_or("of your own certificate")));
}
