//! The command line: one file per subcommand.
//!
//! Each subcommand is a clap `Args` struct and a `run` that returns an exit code of [`exit`]. What a script reads goes
//! to standard output, what a person reads besides goes to standard error, logs too.

mod accept;
mod backup;
mod broker;
mod check;
pub mod client;
mod completions;
mod definition;
mod demo;
mod depth;
mod events;
pub mod exit;
mod health;
mod history;
mod init;
mod learn;
pub mod logging;
mod man;
pub mod mask;
pub mod place;
mod ports;
pub mod print;
mod qr;
mod reach;
mod restore;
mod run;
mod schema;
mod set;
mod setup;
mod simulate;
mod talk;
mod trial;
mod user;
mod watch;
mod work;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// A local device hub: serial bridges in, authenticated Clown.Talk over WebSocket out.
#[derive(Parser)]
#[command(name = "clown-hub", version, propagate_version = true, max_term_width = 100, after_long_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    logging: logging::LoggingArgs,
    /// Colours in what is printed: auto, always or never.
    #[arg(
        long,
        global = true,
        value_enum,
        hide_possible_values = true,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Output"
    )]
    color: print::When,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::RunArgs),
    Demo(demo::DemoArgs),
    Init(init::InitArgs),
    Check(check::CheckArgs),
    Ports(ports::PortsArgs),
    Setup(setup::SetupArgs),
    User(user::UserArgs),
    Talk(talk::TalkArgs),
    Watch(watch::WatchArgs),
    Set(set::SetArgs),
    Accept(accept::AcceptArgs),
    Ignore(accept::IgnoreArgs),
    History(history::HistoryArgs),
    Events(events::EventsArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Health(health::HealthArgs),
    Simulate(simulate::SimulateArgs),
    Learn(learn::LearnArgs),
    Try(trial::TryArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

const EXAMPLES: &str = "\
Examples:
  clown-hub demo                              try everything without hardware
  clown-hub init && clown-hub run             the real thing
  clown-hub watch 'thermometer/#'             what thermometers say
  clown-hub set nodes/bridge/0/relay/i2c0-3b state=true --wait

Exit codes:
  0  done
  1  failed; a command was not confirmed; an example of a definition differs
  2  wrong usage, or the configuration or a definition has mistakes
  3  the hub or the broker cannot be reached, or it refused the account

Environment:
  CLOWN_HUB_URL, CLOWN_HUB_TOKEN  the hub that talk, watch, set, accept, ignore
                                  and history speak to
  NO_COLOR                        never colours";

/// Reads the arguments and runs the chosen subcommand.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    print::set_colour(cli.color);
    match cli.command {
        Command::Check(args) => check::run(&args),
        Command::Run(args) => run::run(&args, &cli.logging),
        Command::Demo(args) => demo::run(&args, &cli.logging),
        Command::Init(args) => init::run(&args),
        Command::Ports(args) => ports::run(&args),
        Command::Setup(args) => setup::run(&args),
        Command::User(args) => user::run(&args),
        Command::Talk(args) => talk::run(&args),
        Command::Watch(args) => watch::run(&args),
        Command::Set(args) => set::run(&args),
        Command::Accept(args) => accept::run(&args),
        Command::Ignore(args) => accept::run_ignore(&args),
        Command::Completions(args) => completions::run(&args, command()),
        Command::Man(args) => man::run(&args, command()),
        Command::History(args) => history::run(&args),
        Command::Events(args) => events::run(&args),
        Command::Backup(args) => backup::run(args),
        Command::Restore(args) => restore::run(&args),
        Command::Health(args) => health::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Learn(args) => learn::run(&args),
        Command::Try(args) => trial::run(&args),
        Command::Schema(args) => schema::run(&args),
    }
}

/// The whole tree of subcommands and options.
pub fn command() -> clap::Command {
    Cli::command()
}
