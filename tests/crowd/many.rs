//! Hundreds of messages at once, as a bridge that comes up sends them: one connection, MQTT 3.1.1, QoS 1.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use crate::common::PATIENCE;

/// Publishes all of these, retained, and returns when the broker has taken the last one.
pub fn publish(port: u16, messages: &[(String, String)]) {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the broker listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a patience");
    let mut packets = packet(0x10, b"\0\x04MQTT\x04\x02\0\x3c\0\0");
    for (number, (topic, payload)) in (1_u16..).zip(messages) {
        let length = u16::try_from(topic.len()).expect("a topic is short");
        let body =
            [&length.to_be_bytes(), topic.as_bytes(), &number.to_be_bytes(), payload.as_bytes()].concat();
        packets.extend(packet(0x33, &body));
    }
    stream.write_all(&packets).expect("the broker reads");
    // CONNACK and every PUBACK have four bytes.
    let mut answers = vec![0; 4 * (messages.len() + 1)];
    stream.read_exact(&mut answers).expect("the broker answers each of them");
    assert!(answers.chunks(4).skip(1).all(|answer| answer[0] == 0x40), "only PUBACK");
    stream.write_all(&packet(0xE0, b"")).expect("the broker still reads");
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![kind];
    let mut left = body.len();
    loop {
        let low = u8::try_from(left % 128).expect("it is below 128");
        left /= 128;
        packet.push(if left == 0 { low } else { low | 0x80 });
        if left == 0 {
            break;
        }
    }
    packet.extend_from_slice(body);
    packet
}
