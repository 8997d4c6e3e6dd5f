//! `clown-hub learn mqtt`: topics of a broker.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::{Common, Progress};
use crate::cli::broker::BrokerArgs;
use crate::cli::{exit, print, work};
use crate::device::learn::{About, Watch};
use crate::hub::{LinkState, Phase};
use crate::link::mqtt::Config;
use crate::link::mqtt::client::{Client, Event, Poll, Publish};
use crate::link::mqtt::guest;
use crate::talk::TopicFilter;

/// What is watched, and where.
#[derive(Args)]
pub struct MqttArgs {
    /// The topics: plug-1/#, shellies/+/#
    #[arg(value_name = "FILTER", value_parser = filter)]
    filter: String,
    #[command(flatten)]
    broker: BrokerArgs,
    /// The level of the topics that names the device, where FILTER does not say it by +.
    #[arg(long, value_name = "NAME")]
    id: Option<String>,
    #[command(flatten)]
    common: Common,
}

fn filter(text: &str) -> Result<String, String> {
    TopicFilter::new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// Watches, then proposes.
pub(super) fn run(args: &MqttArgs) -> ExitCode {
    if let Err(error) = args.common.check() {
        print::error(error);
        return exit::usage();
    }
    work::to_the_end(async {
        let mut watch = Watch::default();
        let config = args.broker.config("learn");
        if let Err(state) = listen(config, args, &mut watch).await {
            return args.broker.report(&state);
        }
        let about = About {
            name: args.common.name.clone(),
            vendor: args.common.vendor.clone(),
            source: format!("heard under {} by clown-hub learn", args.filter),
            filter: Some(args.filter.clone()),
            id: args.id.clone(),
            baud: None,
        };
        args.common.conclude(&watch, &about)
    })
}

/// Watches until the time is over or somebody asks to stop. The error is why the broker could not be reached at all.
async fn listen(mut config: Config, args: &MqttArgs, watch: &mut Watch) -> Result<(), LinkState> {
    let progress = Progress::new(args.common.time);
    let mut is_up = false;
    let begin = Instant::now();
    let mut end = begin + args.common.time;
    let interrupted = work::interrupted();
    tokio::pin!(interrupted);
    let mut tick = interval(Duration::from_millis(500));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    'session: loop {
        let will = Publish { topic: format!("clown-hub/{}", config.client_id), ..Publish::default() };
        let (client, mut poll) = guest::open(&config, will).await?;
        loop {
            tokio::select! {
                () = &mut interrupted => break 'session leave(&client, poll, begin, watch).await,
                () = sleep_until(end) => break 'session leave(&client, poll, begin, watch).await,
                _ = tick.tick() => progress.show(begin.elapsed(), watch),
                event = poll.next() => match event {
                    Ok(Event::Up { .. }) => {
                        if !is_up {
                            end = Instant::now() + args.common.time;
                        }
                        is_up = true;
                        // There is room for one.
                        let _ = client.subscribe(&args.filter, 1);
                    }
                    Ok(Event::Subscribed { granted: Err(reason), .. }) => {
                        let hint = "watch topics that this account may read";
                        return Err(LinkState::not_up(Phase::Down, "not-granted", reason, hint));
                    }
                    Ok(Event::Heard(heard)) => {
                        watch.hear(begin.elapsed(), &heard.topic, &heard.payload, heard.retain);
                    }
                    Ok(Event::Subscribed { .. }) => progress.begin(&args.filter),
                    Ok(Event::Acknowledged(_) | Event::Refused(..) | Event::Unheard { .. }) => {}
                    // What was heard until the broker was lost is enough for a proposal.
                    Err(lost) if is_up => {
                        progress.end();
                        print::error(format_args!("{}; what was heard until now is proposed", lost.reason));
                        break 'session;
                    }
                    Err(lost) if guest::other_version(&mut config, &lost) => continue 'session,
                    Err(lost) => return Err(lost),
                },
            }
        }
    }
    progress.end();
    Ok(())
}

/// Hears what was already on its way, and says good-bye.
async fn leave(client: &Client, mut poll: Poll, begin: Instant, watch: &mut Watch) {
    const LAST: Duration = Duration::from_millis(300);
    let heard = async {
        while let Ok(event) = poll.next().await {
            if let Event::Heard(heard) = event {
                watch.hear(begin.elapsed(), &heard.topic, &heard.payload, heard.retain);
            }
        }
    };
    // It ends by itself only if the broker is lost.
    let _ = timeout(LAST, heard).await;
    client.disconnect();
    let _ = timeout(LAST, async { while poll.next().await.is_ok() {} }).await;
}
