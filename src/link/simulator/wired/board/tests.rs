//! A played board: what it answers, what it forgets, and that it tells inputs only.

use super::*;
use crate::device::builtin;

const SECOND: Duration = Duration::from_secs(1);

fn profile() -> Arc<Profile> {
    let mut all = builtin::profiles().iter();
    all.find(|profile| &*profile.id == "firmata/standard").expect("it is in the binary").clone()
}

fn board() -> Board {
    let profile = profile();
    Board::new(&profile, profile.board().expect("a board"), Some(SECOND))
}

/// Says all of this to the board; what it answers.
fn told(board: &mut Board, requests: &[Request]) -> Vec<Message> {
    let mut heard: Vec<u8> = requests.iter().flat_map(|request| request.bytes()).collect();
    let mut said = Vec::new();
    while let Some(reply) = board.hear(&heard, false) {
        heard.drain(..reply.taken);
        said.extend(reply.said.iter().map(|bytes| Message::parse(bytes).expect("a whole message")));
    }
    assert!(heard.is_empty(), "all of it is understood: {heard:02X?}");
    said
}

#[test]
fn it_says_who_it_is_and_forgets_everything_when_its_port_is_opened() {
    let mut board = board();
    let name = "StandardFirmata".to_owned();
    let greeting = vec![Message::Version(2, 5).bytes(), Message::Firmware { version: (2, 5), name }.bytes()];
    assert_eq!(board.start(SECOND), greeting);
    let state = |mode, state| vec![Message::Pin { number: 2, mode, state }];
    assert_eq!(told(&mut board, &[Request::State(2)]), state(1, 0));
    assert_eq!(told(&mut board, &[Request::Mode(2, 11), Request::State(2)]), state(11, 1));
    let relay = |state| vec![Message::Pin { number: 13, mode: 1, state }];
    assert_eq!(told(&mut board, &[Request::Digital(13, true), Request::State(13)]), relay(1));
    // As StandardFirmata does: what was written is forgotten with a mode, even with the same one.
    assert_eq!(told(&mut board, &[Request::Mode(13, 1), Request::State(13)]), relay(0));
    told(&mut board, &[Request::Digital(13, true), Request::ReportPort(0, true)]);
    board.start(SECOND);
    assert_eq!(told(&mut board, &[Request::State(13), Request::State(2)]), [relay(0), state(1, 0)].concat());
    assert!(board.reported_ports.is_empty());
}

#[test]
fn a_pin_takes_only_what_its_mode_takes() {
    let mut board = board();
    let state = |mode, state| vec![Message::Pin { number: 3, mode, state }];
    assert_eq!(told(&mut board, &[Request::Analog(3, 200), Request::State(3)]), state(1, 0));
    let dimmed = [Request::Mode(3, 3), Request::Analog(3, 200), Request::State(3)];
    assert_eq!(told(&mut board, &dimmed), state(3, 200));
    assert_eq!(told(&mut board, &[Request::Digital(3, true), Request::State(3)]), state(3, 200));
    // Pin 3 measures nothing; the board says nothing of it and goes on as it was.
    assert_eq!(told(&mut board, &[Request::Mode(3, 2), Request::State(3)]), state(3, 200));
    let odd = told(&mut board, &[Request::Mode(3, 99)]);
    assert_eq!(odd, [Message::Text("Unknown pin mode".into())]);
    let refused = board.hear(&Request::Analog(3, 1).bytes(), true).expect("whole");
    assert!(matches!(refused.answer, Answer::Ignored(_)), "{refused:?}");
    assert_eq!(told(&mut board, &[Request::State(3)]), state(3, 200));
}

#[test]
fn inputs_are_told_when_they_change_and_analog_ones_in_their_rhythm() {
    let mut board = board();
    let inputs = [Request::Mode(2, 11), Request::Mode(4, 0), Request::ReportPort(0, true)];
    let port = |bits| Message::Digital { port: 0, bits };
    assert_eq!(
        told(&mut board, &inputs),
        [port(0x04)],
        "a pull-up is high, the output beside it is not told"
    );
    let channels = told(&mut board, &[Request::Channels]);
    let Some(Message::Channels(channels)) = channels.first() else { panic!("{channels:?}") };
    assert_eq!(channels.iter().position(|channel| *channel == Some(0)), Some(14), "as on an Uno");
    told(&mut board, &[Request::Sampling(500), Request::ReportChannel(0, true)]);
    let mut said = Vec::new();
    for beat in 0..16 {
        said.extend(board.tick(SECOND / 2 * beat).iter().filter_map(|bytes| Message::parse(bytes)));
    }
    assert!(said.contains(&port(0x10)), "{said:?}");
    assert!(said.contains(&Message::Analog { channel: 0, value: 426 }), "{said:?}");
    let samples = said.iter().filter(|message| matches!(message, Message::Analog { channel: 0, .. }));
    assert_eq!(samples.count(), 15);
    assert!(!said.iter().any(|message| matches!(message, Message::Analog { channel: 1, .. })), "{said:?}");
    assert!(told(&mut board, &[Request::ReportPort(0, false), Request::ReportChannel(0, false)]).is_empty());
    assert_eq!(board.tick(60 * SECOND), Vec::<Vec<u8>>::new());
}
