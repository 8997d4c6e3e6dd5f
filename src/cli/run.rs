//! `clown-hub run`: the hub itself.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;

use super::print::{Paint, Style};
use super::{check, exit, logging, place, print};
use crate::app::{self, AppError, Door, Greeting, Plan};
use crate::config::{self, BrokerConfig, Problems};

/// Run the hub with its configuration.
#[derive(Args)]
#[command(after_help = "\
At the first start a setup code is printed; the page asks for it to make the first account. \
SIGTERM and Ctrl-C finish what is under way, at most 5 s; a second one leaves at once. SIGHUP reads \
the configuration again: links that changed restart, and a file with mistakes changes nothing.

Examples:
  clown-hub run
  clown-hub run --config /etc/clown-hub/clown-hub.toml --log-level info,link=debug
  clown-hub run --listen 127.0.0.1:0 --data /tmp/hub --json")]
pub struct RunArgs {
    #[command(flatten)]
    place: place::Place,
    /// Where to serve, instead of what the configuration says; port 0 takes any free one.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Run a broker and let it listen there, instead of what the configuration says; port 0 takes any free one.
    #[arg(long, value_name = "ADDR:PORT")]
    broker: Option<SocketAddr>,
    /// Print one line of JSON once the hub serves: address, by_name, endpoint, fingerprint, and setup_code if there is no
    /// account.
    #[arg(long)]
    json: bool,
}

/// Runs until a signal.
pub fn run(args: &RunArgs, logging: &logging::LoggingArgs) -> ExitCode {
    let loaded = args.place.load().and_then(|loaded| match config::examine(&loaded) {
        problems if problems.is_empty() => Ok(loaded),
        problems => Err(Problems(problems)),
    });
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(problems) => {
            check::print_problems(&problems);
            return exit::usage();
        }
    };
    logging::start(logging, &loaded.config.log);
    let mut config = loaded.config;
    if let Some(listen) = args.listen {
        config.web.listen = listen;
    }
    if let Some(listen) = args.broker {
        config.broker = Some(BrokerConfig { listen, ..config.broker.unwrap_or_default() });
    }
    let plan = Plan {
        config,
        file: Some(loaded.file),
        fixed_data: args.place.data.is_some(),
        fixed_listen: args.listen.is_some(),
        fixed_broker: args.broker.is_some(),
        door: Door::Accounts,
    };
    serve(plan, args.json, greet)
}

/// Threads for messages: half the cores. Handing one message to a thread that sleeps costs more than the message, and
/// the kernel, which does most of the work, has the other half.
fn workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores / 2).clamp(1, 4)
}

/// Runs a plan; says what people need to know to come in.
pub fn serve(plan: Plan, json: bool, greet: impl FnOnce(&Greeting)) -> ExitCode {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = match builder.worker_threads(workers()).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            print::error(format_args!("cannot start: {error}"));
            return exit::failed();
        }
    };
    let outcome = runtime.block_on(app::run(plan, |greeting| {
        if json {
            print::line(serde_json::to_string(greeting).unwrap_or_default());
        } else {
            greet(greeting);
        }
    }));
    // Whatever still runs was late and has been named.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => exit::DONE,
        Err(error) => {
            print::error(&error);
            match error {
                AppError::Web(_) | AppError::Folder(_) | AppError::Listen(_) => exit::usage(),
                AppError::Broker(_) => exit::failed(),
                AppError::System { .. } => exit::failed(),
            }
        }
    }
}

fn greet(greeting: &Greeting) {
    let paint = Paint::stdout();
    print::line(format_args!("\n  clown-hub serves  {}", paint.word(Style::Cyan, &greeting.address)));
    if let Some(name) = &greeting.by_name {
        print::line(format_args!("  by name           {}", paint.word(Style::Cyan, name)));
    }
    if let Some(code) = &greeting.setup_code {
        print::line(format_args!("  setup code        {}", paint.word(Style::Bold, code)));
    }
    say_where_the_broker_is(greeting);
    if greeting.setup_code.is_some() {
        print::line("\nOpen the address and type the code to make the first account.");
    }
    warn_of_the_warning(greeting);
}

/// Where other programs speak MQTT with the hub.
pub fn say_where_the_broker_is(greeting: &Greeting) {
    let paint = Paint::stdout();
    for address in [&greeting.mqtt, &greeting.mqtts].into_iter().flatten() {
        print::line(format_args!("  broker            {}", paint.word(Style::Cyan, address)));
    }
}

/// What a visitor of a new hub is going to meet; the fingerprint alone on its line, whole at 80 columns.
pub fn warn_of_the_warning(greeting: &Greeting) {
    print::line("\nThe browser does not know this hub yet. Go on if it shows the fingerprint");
    print::line(format_args!("  {}", greeting.fingerprint));
    print::line(format_args!("To be warned no more, trust {}\n", greeting.data.join("ca.pem").display()));
}
