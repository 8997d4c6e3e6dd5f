//! One suite for two brokers: every case runs against the broker inside the real `clown-hub` and against Debian's
//! Mosquitto, over the wire and in MQTT 3.1.1 and 5, so that a difference between them is seen and named.

mod common;

#[path = "broker/client.rs"]
mod client;
#[path = "broker/clients.rs"]
mod clients;
#[path = "broker/connection.rs"]
mod connection;
#[path = "broker/fanout.rs"]
mod fanout;
#[path = "broker/flood.rs"]
mod flood;
#[path = "broker/kills.rs"]
mod kills;
#[path = "broker/packet.rs"]
#[allow(dead_code)]
mod packet;
#[path = "broker/properties.rs"]
mod properties;
#[path = "broker/quality.rs"]
mod quality;
#[path = "broker/retained.rs"]
mod retained;
#[path = "broker/sessions.rs"]
mod sessions;
#[path = "broker/stage.rs"]
mod stage;
#[path = "broker/subscriptions.rs"]
mod subscriptions;
#[path = "broker/wills.rs"]
mod wills;

/// Makes two tests of each case, `embedded::CASE` and `mosquitto::CASE`.
macro_rules! cases {
    ($($room:ident: $($case:ident),+;)+) => {
        mod embedded {
            $($(
                #[tokio::test]
                async fn $case() {
                    crate::$room::$case(crate::stage::Kind::Embedded).await;
                }
            )+)+
        }
        mod mosquitto {
            $($(
                #[tokio::test]
                async fn $case() {
                    crate::$room::$case(crate::stage::Kind::Mosquitto).await;
                }
            )+)+
        }
    };
}

cases! {
    retained:
        late_subscriber_gets_all_of_3_000_before_and_after_a_kill,
        newest_retained_message_wins_and_an_empty_one_removes,
        topics_with_a_dollar_are_hidden_from_wildcards_and_sys_is_not_writable;
    fanout:
        a_hundred_subscribers_get_a_thousand_messages_each_in_order_with_qos_1,
        a_hundred_subscribers_that_keep_up_get_a_thousand_messages_each_with_qos_0;
    quality:
        message_comes_with_the_lower_quality_of_both_sides,
        unacknowledged_message_comes_again_as_a_duplicate_before_newer_ones,
        qos_2_comes_exactly_once_wherever_a_connection_breaks;
    wills:
        will_is_published_when_the_connection_breaks_with_its_quality,
        will_is_not_published_after_a_good_bye,
        silent_client_is_cut_after_one_and_a_half_keep_alives_and_its_will_published,
        retained_will_stays_for_late_subscribers_over_a_kill,
        will_of_version_5_waits_for_its_delay_and_is_dropped_when_the_client_returns,
        will_of_version_5_keeps_its_properties,
        will_is_published_when_another_takes_the_client_id;
    sessions:
        offline_messages_come_in_order_after_return_and_after_a_kill,
        message_on_its_way_comes_again_after_a_kill,
        clean_start_forgets_the_session_and_its_messages,
        session_of_version_5_lives_as_long_as_it_was_told,
        message_of_version_5_expires_while_it_waits_and_tells_what_is_left;
    subscriptions:
        filters_match_as_the_standard_says,
        overlapping_subscriptions_deliver_once_or_once_each,
        new_subscription_to_the_same_filter_replaces_the_old_one,
        shared_subscription_gives_each_message_to_one_member_and_goes_on_without_one,
        options_of_version_5_no_local_and_retain_as_published,
        options_of_version_5_retain_handling,
        subscription_identifier_of_version_5_is_told_and_replaced,
        wrong_filter_is_refused_and_the_others_of_the_packet_are_not;
    properties:
        properties_pass_through_in_their_order,
        topic_alias_stands_for_its_topic_and_a_wrong_one_ends_the_connection,
        aliases_to_a_client_that_takes_two_can_be_told,
        client_without_an_id_is_given_one,
        request_finds_its_answer,
        maximum_packet_size_of_a_client_is_honoured,
        receive_maximum_of_a_client_is_honoured;
    connection:
        second_client_of_a_name_takes_over_and_the_first_is_told,
        wrong_version_is_refused_with_its_reason,
        packets_that_are_none_end_their_connection_and_nobody_elses,
        wrong_things_are_told_their_reason_codes,
        stranger_is_refused_with_the_code_of_its_version,
        disconnecting_client_is_gone_and_may_come_back_at_once;
    kills:
        sessions_agree_over_many_kills,
        qos_2_comes_exactly_once_over_kills;
    clients:
        mosquitto_pub_and_sub_speak_every_version,
        mosquitto_rr_gets_its_answer,
        account_is_asked_for_on_every_door,
        paho_speaks_every_version_by_tcp_and_tls,
        rumqttc_speaks_both_versions;
}

#[tokio::test]
async fn paho_speaks_every_version_by_websocket() {
    clients::paho_speaks_every_version_by_websocket().await;
}
