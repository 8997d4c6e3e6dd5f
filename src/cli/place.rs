//! Which configuration and which data folder a subcommand works with.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{self, Loaded, Problems};

/// `--config` and `--data`, the same everywhere.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// The configuration [default: ./clown-hub.toml, then /etc/clown-hub/clown-hub.toml].
    #[arg(long, short, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// The data folder, instead of the one in the configuration.
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
}

impl Place {
    /// The configuration.
    pub fn load(&self) -> Result<Loaded, Problems> {
        let mut loaded = config::load(&config::find(self.config.as_deref())?)?;
        if let Some(data) = &self.data {
            loaded.config.hub.data.clone_from(data);
        }
        Ok(loaded)
    }

    /// The data folder: `--data`, or the one in the configuration.
    pub fn data(&self) -> Result<PathBuf, Problems> {
        match &self.data {
            Some(data) => Ok(data.clone()),
            None => Ok(self.load()?.config.hub.data),
        }
    }
}

/// Where the demo keeps its data between runs: the user's own state folder.
pub fn demo_data() -> PathBuf {
    let own = |name: &str| {
        std::env::var_os(name).filter(|folder| Path::new(folder).is_absolute()).map(PathBuf::from)
    };
    let state = own("XDG_STATE_HOME").or_else(|| own("HOME").map(|home| home.join(".local/state")));
    match state {
        Some(state) => state.join("clown-hub/demo"),
        // Nobody's folder: at least no other user of the machine shares it.
        None => std::env::temp_dir().join(format!("clown-hub-demo-{}", rustix::process::getuid().as_raw())),
    }
}
