//! `clown-hub history forget`: lets go of a series, or of some time of it, after a question.

use std::io::{BufRead, IsTerminal, Write};
use std::ops::Range;
use std::process::ExitCode;

use clap::Args;
use hyper::Method;

use super::{HistoryError, Writer, encoded, grouped, look, time};
use crate::cli::client::http;
use crate::cli::reach::Reach;
use crate::cli::{depth, exit, print, work};
use crate::history::name::Name;
use crate::history::{moment, store::Store};

/// Let go of what was recorded of a series.
#[derive(Args)]
#[command(after_help = "\
Without --from and --to everything of the series is forgotten. There is no way back: export it before, \
if in doubt.

Examples:
  clown-hub history forget nodes/bridge/0/thermometer/i2c0-48#temperature --to 2026-01-01
  clown-hub history forget 'thermometer/i2c0-48#temperature' --from -1h --yes")]
pub struct ForgetArgs {
    /// The series, TOPIC#QUANTITY; the topic may be short if it is clear what is meant.
    #[arg(value_name = "SERIES")]
    series: String,
    /// From when on.
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    from: Option<i64>,
    /// Until when; this moment stays.
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    to: Option<i64>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// Forgets.
pub fn run(args: &ForgetArgs, reach: &Reach) -> ExitCode {
    match args.meant(reach) {
        Ok(None) => exit::failed(),
        Ok(Some(name)) => work::until_interrupted(exit::failed(), async {
            match args.forget(&name, reach).await {
                Ok(gone) => {
                    print::line(format_args!("{} samples of {name} are forgotten", grouped(gone)));
                    exit::DONE
                }
                Err(error) => error.report(),
            }
        }),
        Err(error) => error.report(),
    }
}

impl ForgetArgs {
    /// The series, if the person agrees.
    fn meant(&self, reach: &Reach) -> Result<Option<Name>, HistoryError> {
        if self.range().is_empty() {
            return Err(HistoryError::Usage("--from is not before --to".to_owned()));
        }
        // What a hub elsewhere has is not known here: there the name has to be complete.
        let store = if reach.named()?.is_some() { None } else { Some(look(reach)?) };
        let name = match &store {
            Some(store) => self.name(store)?,
            None => self.series.parse().map_err(usage)?,
        };
        if self.yes {
            return Ok(Some(name));
        }
        if !std::io::stdin().is_terminal() {
            return Err(usage("nobody can be asked here; --yes forgets without a question"));
        }
        let mut count = 0;
        for (store, id) in
            store.iter().flat_map(|store| ids(store, &name).into_iter().map(move |id| (store, id)))
        {
            store.visit(id, &self.range(), |samples| count += samples.len() as u64)?;
        }
        Ok(self.agrees(&name, store.map(|_| count)).then_some(name))
    }

    fn range(&self) -> Range<i64> {
        self.from.unwrap_or(i64::MIN)..self.to.unwrap_or(i64::MAX)
    }

    /// The one series of the file that is meant.
    fn name(&self, store: &Store) -> Result<Name, HistoryError> {
        let mut known: Vec<String> = store.all().map(|(_, key)| Name::of(key).to_string()).collect();
        known.sort();
        known.dedup();
        match depth::meant(&self.series, &known).as_slice() {
            [name] => name.parse().map_err(usage),
            [] => {
                let text = format!("no series is called {}; `clown-hub history` lists them", self.series);
                Err(HistoryError::Failed(text))
            }
            many => Err(usage(format!("{} can mean {}; write more of it", self.series, many.join(" and ")))),
        }
    }

    fn agrees(&self, name: &Name, count: Option<u64>) -> bool {
        let count = count.map_or_else(String::new, |count| format!("{} samples of ", grouped(count)));
        let from = self.from.map(|at| format!(" from {}", moment::show(at))).unwrap_or_default();
        let to = self.to.map(|at| format!(" until {}", moment::show(at))).unwrap_or_default();
        let question = format!("Forget {count}{name}{from}{to}? There is no way back. [y/N] ");
        let _ = write!(std::io::stderr(), "{}", print::harmless(&question));
        let mut answer = String::new();
        // Ctrl-D is a no.
        let _ = std::io::stdin().lock().read_line(&mut answer);
        let agrees = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
        if !agrees {
            print::aside("nothing was forgotten");
        }
        agrees
    }

    async fn forget(&self, name: &Name, reach: &Reach) -> Result<u64, HistoryError> {
        match Writer::find(reach)? {
            Writer::Folder(mut store, _folder) => {
                let mut gone = 0;
                for id in ids(&store, name) {
                    gone += store.forget(id, &self.range())? as u64;
                }
                store.close()?;
                Ok(gone)
            }
            Writer::Hub(target) => {
                let mut path = format!("/api/history/samples?series={}", encoded(&name.to_string()));
                for (key, at) in [("from", self.from), ("to", self.to)] {
                    if let Some(at) = at {
                        path.push_str(&format!("&{key}={at}"));
                    }
                }
                let answer = http::send(&target, Method::DELETE, &path, Vec::new()).await?;
                Ok(answer["samples"].as_u64().unwrap_or_default())
            }
        }
    }
}

/// The numbers of the series that bear a name.
fn ids(store: &Store, name: &Name) -> Vec<i64> {
    store.all().filter(|(_, key)| name.is_of(key)).map(|(id, _)| id).collect()
}

fn usage(error: impl ToString) -> HistoryError {
    HistoryError::Usage(error.to_string())
}
