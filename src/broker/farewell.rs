//! Why `mqtt5` has ended a conversation, in the words that version 5 has for it.
//!
//! `mqtt5` itself tells its clients for a few of them only. Source: MQTT 5.0 §3.14.2.1, §4.13.

use mqtt5::MqttError;

const MALFORMED: u8 = 0x81;
const PROTOCOL_ERROR: u8 = 0x82;
const KEEP_ALIVE: u8 = 0x8d;
const FILTER_INVALID: u8 = 0x8f;
const TOPIC_INVALID: u8 = 0x90;
const ALIAS_INVALID: u8 = 0x94;
const TOO_LARGE: u8 = 0x95;

/// Why a client is to blame for the end; none if it is not, or has been told.
pub fn reason(error: &MqttError) -> Option<u8> {
    Some(match error {
        MqttError::KeepAliveTimeout => KEEP_ALIVE,
        MqttError::InvalidTopicName(_) => TOPIC_INVALID,
        MqttError::InvalidTopicFilter(_) => FILTER_INVALID,
        MqttError::TopicAliasInvalid(_) => ALIAS_INVALID,
        // There is no other sign of it.
        MqttError::ProtocolError(text) if text.to_lowercase().contains("topic alias:") => ALIAS_INVALID,
        MqttError::ProtocolError(_) | MqttError::DuplicatePropertyId(_) => PROTOCOL_ERROR,
        MqttError::PacketTooLarge { .. } => TOO_LARGE,
        MqttError::MalformedPacket(_)
        | MqttError::InvalidQoS(_)
        | MqttError::InvalidPacketType(_)
        | MqttError::InvalidReasonCode(_)
        | MqttError::InvalidPropertyId(_) => MALFORMED,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_of_a_client_has_its_word() {
        let check = |error: MqttError, expect: Option<u8>| assert_eq!(reason(&error), expect, "{error}");
        check(MqttError::ProtocolError("Invalid topic alias: 17 (maximum: 16)".into()), Some(ALIAS_INVALID));
        check(MqttError::ProtocolError("Duplicate CONNECT".into()), Some(PROTOCOL_ERROR));
        check(MqttError::MalformedPacket("cut".into()), Some(MALFORMED));
        check(MqttError::Io("broken pipe".into()), None);
        check(MqttError::AuthenticationFailed, None);
    }
}
