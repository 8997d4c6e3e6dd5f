//! A pin: what it is used for, and how it is set and asked for.

use super::Request;

/// The largest value that fits two bytes of seven bits.
const MOST: u16 = 0x3fff;

/// A pin and what it is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Its number; of an analog input that of its channel, A0 is 0.
    pub number: u8,
    /// What it is used for.
    pub mode: Mode,
}

/// What a pin is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Something outside says whether it is high.
    Input,
    /// It is switched.
    Output,
    /// Its voltage is measured.
    Analog,
    /// It is switched so fast that it looks like less.
    Pwm,
    /// It holds a servo at an angle.
    Servo,
    /// It is an input, and high where nothing is connected.
    PullUp,
}

impl Mode {
    /// Every mode by its word.
    pub const WORDS: [(&str, Mode); 6] = [
        ("output", Mode::Output),
        ("input", Mode::Input),
        ("pull-up", Mode::PullUp),
        ("analog", Mode::Analog),
        ("pwm", Mode::Pwm),
        ("servo", Mode::Servo),
    ];

    /// Its number on the wire.
    pub fn code(self) -> u8 {
        match self {
            Self::Input => 0,
            Self::Output => 1,
            Self::Analog => 2,
            Self::Pwm => 3,
            Self::Servo => 4,
            Self::PullUp => 0x0b,
        }
    }

    /// The mode with this number, if a definition can have it.
    pub fn of(code: u8) -> Option<Self> {
        Self::WORDS.into_iter().map(|(_, mode)| mode).find(|mode| mode.code() == code)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::WORDS.into_iter().find(|(_, mode)| *mode == self).map_or("", |(word, _)| word)
    }

    /// Whether the computer sets the pin.
    pub fn is_set(self) -> bool {
        match self {
            Self::Output | Self::Pwm | Self::Servo => true,
            Self::Input | Self::PullUp | Self::Analog => false,
        }
    }
}

impl Pin {
    /// The port whose reports tell it, if it is a digital input.
    pub fn port(&self) -> Option<u8> {
        matches!(self.mode, Mode::Input | Mode::PullUp).then_some(self.number / 8)
    }

    /// Where its value stands in what the board says.
    pub fn pointer(&self) -> String {
        let Self { number, mode } = self;
        match mode {
            Mode::Input | Mode::PullUp => format!("/digital/{number}"),
            Mode::Analog => format!("/analog/{number}"),
            Mode::Output | Mode::Pwm | Mode::Servo => format!("/pin/{number}/{}", mode.word()),
        }
    }

    /// What makes the board tell it. A report that is switched on is told at once.
    pub fn ask(&self) -> Request {
        match (self.port(), self.mode) {
            (Some(port), _) => Request::ReportPort(port, true),
            (None, Mode::Analog) => Request::ReportChannel(self.number, true),
            (None, _) => Request::State(self.number),
        }
    }

    /// What sets it to `value`: `true`, `false` or a number.
    pub fn set(&self, value: &str) -> Result<Request, String> {
        let Self { number, mode } = *self;
        let wrong =
            |allowed: &str| format!("\"{value:.40}\" is nothing for pin {number}, which takes {allowed}");
        match (mode, value.trim()) {
            (Mode::Output, "true" | "1") => Ok(Request::Digital(number, true)),
            (Mode::Output, "false" | "0") => Ok(Request::Digital(number, false)),
            (Mode::Output, _) => Err(wrong("true or false")),
            (Mode::Pwm | Mode::Servo, text) => {
                // What is calculated from percents is no whole number.
                let told = text.parse::<f64>().ok().map(f64::round);
                let told = told.filter(|told| (0.0..=f64::from(MOST)).contains(told));
                let told = told.ok_or_else(|| wrong(&format!("0 to {MOST}")))?;
                Ok(Request::Analog(number, told as u16))
            }
            (Mode::Input | Mode::PullUp | Mode::Analog, _) => Err(format!("pin {number} is an input")),
        }
    }
}
