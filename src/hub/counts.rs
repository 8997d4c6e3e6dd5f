//! What odd input is called, and how often it came; told with a link's state under `$hub/link/<name>`.

/// Odd input of a device: not an error but a counted fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A line that is no message.
    Malformed,
    /// A line cut off by an unplug or by its length.
    Cut,
    /// A log line of the firmware.
    Log,
    /// A NUL byte in front of a line.
    Nul,
    /// A command coming from a device; never obeyed.
    ForeignCommand,
    /// A message that could not be kept.
    Dropped,
    /// A word of our own coming back.
    Echo,
    /// A message that has been here before; its loop was broken.
    Loop,
    /// A command that a broker remembered; never executed.
    RetainedCommand,
    /// A word about a device that another link serves.
    Conflict,
    /// A value that its definition does not understand.
    NotUnderstood,
    /// A frame whose checksum is another one.
    Checksum,
    /// Bytes between frames.
    Noise,
    /// A value that its quantity cannot have.
    OutOfRange,
}

impl Fault {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::Malformed,
        Self::Cut,
        Self::Log,
        Self::Nul,
        Self::ForeignCommand,
        Self::Dropped,
        Self::Echo,
        Self::Loop,
        Self::RetainedCommand,
        Self::Conflict,
        Self::NotUnderstood,
        Self::Checksum,
        Self::Noise,
        Self::OutOfRange,
    ];
}

/// How often each [`Fault`] happened, and how many messages came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// Messages from the device.
    pub received: u64,
    /// Commands written to the device, and messages given to a broker.
    pub sent: u64,
    /// Lines that were no message.
    pub malformed: u64,
    /// Lines cut off.
    pub cut: u64,
    /// Log lines.
    pub log: u64,
    /// NUL bytes.
    pub nul: u64,
    /// Commands that came from a device.
    pub foreign_command: u64,
    /// Messages that could not be kept, told in full or sent.
    pub dropped: u64,
    /// Own words that came back.
    pub echo: u64,
    /// Messages of a loop.
    #[serde(rename = "loop")]
    pub loops: u64,
    /// Commands that a broker remembered.
    pub retained_command: u64,
    /// Words about devices of other links.
    pub conflict: u64,
    /// Values that a definition does not understand.
    pub not_understood: u64,
    /// Frames with a wrong checksum.
    pub checksum: u64,
    /// Bytes between frames.
    pub noise: u64,
    /// Values that their quantities cannot have.
    pub out_of_range: u64,
}

impl Counts {
    /// How often it happened.
    pub fn of(mut self, fault: Fault) -> u64 {
        *self.place(fault)
    }

    pub(super) fn add(&mut self, fault: Fault, n: u64) {
        *self.place(fault) += n;
    }

    fn place(&mut self, fault: Fault) -> &mut u64 {
        match fault {
            Fault::Malformed => &mut self.malformed,
            Fault::Cut => &mut self.cut,
            Fault::Log => &mut self.log,
            Fault::Nul => &mut self.nul,
            Fault::ForeignCommand => &mut self.foreign_command,
            Fault::Dropped => &mut self.dropped,
            Fault::Echo => &mut self.echo,
            Fault::Loop => &mut self.loops,
            Fault::RetainedCommand => &mut self.retained_command,
            Fault::Conflict => &mut self.conflict,
            Fault::NotUnderstood => &mut self.not_understood,
            Fault::Checksum => &mut self.checksum,
            Fault::Noise => &mut self.noise,
            Fault::OutOfRange => &mut self.out_of_range,
        }
    }
}
