//! What devices announce to Home Assistant beyond switches and sensors: colours of lights, lights of templates, fans, locks,
//! states that end by themselves. Payloads are those of Home Assistant's documentation.

use crate::rig::Ears;

const BASE: &str = "nodes/acme/d1";

/// One entity of a device.
fn one(component: &str, options: &str) -> Ears {
    let mut ears = Ears::new();
    let text = format!(r#"{{{options},"dev":{{"ids":"d1","mf":"Acme"}}}}"#);
    ears.hears(&format!("homeassistant/{component}/d1/x/config"), &text);
    assert!(ears.refused.is_empty(), "{:?}", ears.refused);
    ears
}

fn said(ears: &Ears, id: &str) -> String {
    let start = format!("{BASE}/{id} ");
    let readings = ears.readings();
    let found = readings.iter().find_map(|reading| reading.strip_prefix(&start));
    found.unwrap_or("nothing").to_owned()
}

fn sends(ears: &Ears, id: &str, payload: &str) -> String {
    ears.command(BASE, id, payload).map_or_else(|why| format!("refused: {why}"), |sent| sent.join("; "))
}

#[test]
fn colours_are_understood_in_every_form() {
    let mut ears = one(
        "light",
        r#""cmd_t":"c","stat_t":"s","rgb_cmd_t":"rgb/set","rgb_stat_t":"rgb","rgb_cmd_tpl":"{{ red }}-{{ green }}-{{ blue }}",
        "hs_cmd_t":"hs/set","hs_stat_t":"hs","xy_cmd_t":"xy/set","xy_stat_t":"xy","rgbw_cmd_t":"w/set","rgbw_stat_t":"w",
        "rgbww_cmd_t":"ww/set","rgbww_stat_t":"ww","whit_cmd_t":"white/set""#,
    );
    for (topic, value) in
        [("rgb", "255,128,0"), ("hs", "300,50.5"), ("xy", "0.5,0.25"), ("w", "1,2,3,4"), ("ww", "1,2,3,4,5")]
    {
        ears.hears(topic, value);
    }
    assert_eq!(
        said(&ears, "light/x"),
        r#"{"color": "255,128,0", "color-hs": "300,50.5", "color-xy": "0.5,0.25", "color-rgbw": "1,2,3,4", "color-rgbww": "1,2,3,4,5"}"#
    );
    for (payload, sent) in [
        (r#"{"color": "255,128,0"}"#, "rgb/set 255-128-0"),
        (r#"{"color-hs": "300,50.5"}"#, "hs/set 300,50.5"),
        (r#"{"color-xy": "0.5,0.25"}"#, "xy/set 0.5,0.25"),
        (r#"{"color-rgbw": "1,2,3,4"}"#, "w/set 1,2,3,4"),
        (r#"{"color-rgbww": "1,2,3,4,5"}"#, "ww/set 1,2,3,4,5"),
    ] {
        assert_eq!(sends(&ears, "light/x", payload), sent);
    }
    assert_eq!(ears.unknown(BASE), ["light x white: white light of its own is not set here"]);
}

#[test]
fn colours_of_one_object_are_told_apart_by_their_numbers() {
    let mut ears = one(
        "light",
        r#""schema":"json","cmd_t":"c","stat_t":"s","sup_clrm":["hs","xy","rgb","rgbw","rgbww"]"#,
    );
    ears.hears("s", r#"{"state":"ON","color":{"h":300,"s":50.5}}"#);
    assert_eq!(said(&ears, "light/x"), r#"{"state": true, "color-hs": "300,50.5"}"#);
    ears.hears("s", r#"{"color":{"r":1,"g":2,"b":3,"w":4}}"#);
    assert!(said(&ears, "light/x").contains(r#""color-rgbw": "1,2,3,4""#), "{}", said(&ears, "light/x"));
    for (payload, sent) in [
        (r#"{"color-hs": "300,50.5"}"#, r#"c {"state": "ON", "color": {"h": 300.0, "s": 50.5}}"#),
        (r#"{"color-xy": "0.5,0.25"}"#, r#"c {"state": "ON", "color": {"x": 0.5, "y": 0.25}}"#),
        (r#"{"color": "1,2,3"}"#, r#"c {"state": "ON", "color": {"r": 1, "g": 2, "b": 3}}"#),
        (
            r#"{"color-rgbww": "1,2,3,4,5"}"#,
            r#"c {"state": "ON", "color": {"r": 1, "g": 2, "b": 3, "c": 4, "w": 5}}"#,
        ),
    ] {
        assert_eq!(sends(&ears, "light/x", payload), sent);
    }
    assert!(sends(&ears, "light/x", r#"{"color": "red"}"#).starts_with("refused"), "it is no colour");
}

#[test]
fn a_light_of_templates_is_read_and_set_by_them() {
    let mut ears = one(
        "light",
        r#""schema":"template","cmd_t":"c","stat_t":"s","fx_list":["rain","fire"],
        "cmd_on_tpl":"on{% if brightness is defined %},{{ brightness }}{% endif %}{% if color_temp is defined %},t{{ color_temp }}{% endif %}{% if red is defined %},{{ red }}-{{ green }}-{{ blue }}{% endif %}{% if effect is defined %},{{ effect }}{% endif %}",
        "cmd_off_tpl":"off","stat_tpl":"{{ value.split(',')[0] }}","bri_tpl":"{{ value.split(',')[1] }}",
        "clr_temp_tpl":"{{ value.split(',')[2] }}","r_tpl":"{{ value.split(',')[3] }}","g_tpl":"0","b_tpl":"0","fx_tpl":"{{ value.split(',')[4] }}""#,
    );
    ears.hears("s", "on,128,300,9,fire");
    assert_eq!(
        said(&ears, "light/x"),
        r#"{"state": true, "brightness": [50, "%"], "color-temperature": 300, "effect": "fire"}"#
    );
    for (payload, sent) in [
        (r#"{"state": true}"#, "c on"),
        (r#"{"state": false}"#, "c off"),
        (r#"{"brightness": 50}"#, "c on,128"),
        (r#"{"color-temperature": 300}"#, "c on,t300"),
        (r#"{"color": "1,2,3"}"#, "c on,1-2-3"),
        (r#"{"effect": "rain"}"#, "c on,rain"),
    ] {
        assert_eq!(sends(&ears, "light/x", payload), sent);
    }
    assert_eq!(
        ears.unknown(BASE),
        ["light x color: it can be set and is not shown, because it is told in three parts"]
    );
    // What says less than that is nothing, and not a zero.
    ears.hears("s", "off");
    assert_eq!(said(&ears, "light/x").split(',').next(), Some(r#"{"state": false"#));
    let broken = one_refused("light", r#""schema":"template","cmd_t":"c","cmd_on_tpl":"on""#);
    assert!(broken.contains("has no command_off_template"), "{broken}");
}

fn one_refused(component: &str, options: &str) -> String {
    let mut ears = Ears::new();
    let text = format!(r#"{{{options},"dev":{{"ids":"d1","mf":"Acme"}}}}"#);
    ears.hears(&format!("homeassistant/{component}/d1/x/config"), &text);
    ears.refused.join("\n")
}

#[test]
fn a_fan_has_a_speed_a_mode_a_direction_and_swings() {
    let mut ears = one(
        "fan",
        r#""cmd_t":"on","stat_t":"s","stat_val_tpl":"{{ value_json.state }}","pct_cmd_t":"p","pct_stat_t":"s","pct_val_tpl":"{{ value_json.speed }}",
        "spd_rng_min":1,"spd_rng_max":10,"pr_mode_cmd_t":"m","pr_mode_stat_t":"ms","pr_modes":["auto","whoosh"],
        "osc_cmd_t":"o","osc_stat_t":"os","dir_cmd_t":"d","dir_stat_t":"ds""#,
    );
    ears.hears("s", r#"{"state":"ON","speed":3}"#);
    ears.hears("ms", "whoosh");
    ears.hears("os", "oscillate_on");
    ears.hears("ds", "reverse");
    assert_eq!(
        said(&ears, "fan/x"),
        r#"{"state": true, "level": [30, "%"], "mode": "whoosh", "direction": "reverse"}"#
    );
    assert_eq!(said(&ears, "relay/x-oscillation"), r#"{"state": true}"#);
    ears.hears("s", r#"{"state":"ON","speed":"None"}"#);
    assert!(said(&ears, "fan/x").contains(r#""level": [null, "%"]"#), "{}", said(&ears, "fan/x"));
    for (id, payload, sent) in [
        ("fan/x", r#"{"state": false}"#, "on OFF"),
        ("fan/x", r#"{"level": 30}"#, "p 3"),
        ("fan/x", r#"{"level": 1}"#, "p 1"),
        ("fan/x", r#"{"level": 0}"#, "p 0"),
        ("fan/x", r#"{"level": 100}"#, "p 10"),
        ("fan/x", r#"{"mode": "auto"}"#, "m auto"),
        ("fan/x", r#"{"direction": "forward"}"#, "d forward"),
        ("relay/x-oscillation", r#"{"state": false}"#, "o oscillate_off"),
    ] {
        assert_eq!(sends(&ears, id, payload), sent);
    }
    assert!(ears.unknown(BASE).is_empty(), "{:?}", ears.unknown(BASE));
}

#[test]
fn a_lock_is_locked_only_when_it_says_so() {
    let mut ears = one("lock", r#""cmd_t":"c","stat_t":"s","pl_open":"OPEN","stat_jam":"STUCK""#);
    for (word, state, does) in [
        ("LOCKED", "true", r#""locked""#),
        ("UNLOCKING", "null", r#""unlocking""#),
        ("UNLOCKED", "false", r#""unlocked""#),
        ("STUCK", "null", r#""jammed""#),
        ("None", "null", "null"),
    ] {
        ears.hears("s", word);
        assert_eq!(said(&ears, "lock/x"), format!(r#"{{"state": {state}, "action": {does}}}"#), "{word}");
    }
    ears.hears("s", "JAMMED");
    assert!(!ears.odd.is_empty(), "another word is not understood");
    assert_eq!(sends(&ears, "lock/x", r#"{"state": true}"#), "c LOCK");
    assert_eq!(sends(&ears, "lock/x", r#"{"state": false}"#), "c UNLOCK");
    assert_eq!(sends(&ears, "button/x-open", r#"{"press": true}"#), "c OPEN");
    let coded = one_refused("lock", r#""cmd_t":"c","code_format":"^[0-9]{4}$""#);
    assert!(coded.contains("wants a code, which is not asked for here"), "{coded}");
}

#[test]
fn a_moment_is_shown_as_it_is_and_what_is_calculated_of_dates_is_listed() {
    let mut ears =
        one("sensor", r#""dev_cla":"timestamp","stat_t":"s","val_tpl":"{{ value_json.last_seen }}""#);
    ears.hears("s", r#"{"last_seen":"2026-11-21T14:40:48+00:00"}"#);
    assert_eq!(said(&ears, "sensor/x"), r#"{"value": "2026-11-21T14:40:48+00:00"}"#);
    for template in [
        "{{ as_datetime(value) }}",
        "{{ value | as_timestamp }}",
        "{{ now() }}",
        "{{ value | timestamp_custom('%H') }}",
    ] {
        let told =
            one_refused("sensor", &format!(r#""dev_cla":"timestamp","stat_t":"s","val_tpl":"{template}""#));
        assert!(
            told.contains("its value_template needs a template the hub does not know"),
            "{template}: {told}"
        );
    }
}

#[test]
fn an_option_that_is_no_number_is_listed() {
    let ears = one("number", r#""cmd_t":"c","min":"low","max":10"#);
    assert_eq!(ears.unknown(BASE), ["number x min: is no number, and is left out"]);
}

#[test]
fn a_state_that_ends_by_itself_says_how_long_it_lasts() {
    let ears = one("binary_sensor", r#""stat_t":"s","dev_cla":"motion","off_dly":5"#);
    let ends = ears.profile(BASE).properties[0].ends;
    assert_eq!(ends, Some(std::time::Duration::from_secs(5)));
    assert!(ears.unknown(BASE).is_empty());
}
