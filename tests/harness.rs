//! The harness tested by itself: a device on a pseudo-terminal, a browser, and how they fail.

mod common;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};

use common::{Browser, PtyDevice};

#[tokio::test]
async fn device_speaks_and_hears_and_comes_back_under_another_number() {
    let mut device = PtyDevice::plugged();
    let first = device.terminal();
    device.renumber();
    assert_ne!(first, device.terminal());

    let mut port =
        File::options().read(true).write(true).open(device.path()).expect("the device is plugged in");
    port.write_all(b"[\"a\", 1]\n[\"b\"").expect("the device takes it");
    assert_eq!(device.hear().await, "[\"a\", 1]");
    assert_eq!(device.take_line(), None, "half a line is not a line");
    device.say("[\"c\", 2]").await;
    let mut line = String::new();
    BufReader::new(&mut port).read_line(&mut line).expect("the device speaks");
    assert_eq!(line, "[\"c\", 2]\n");

    device.unplug();
    assert!(!device.path().exists());
    let ended = port.read(&mut [0; 8]);
    assert!(matches!(ended, Ok(0) | Err(_)), "a pulled cable is the end of the line: {ended:?}");
}

#[tokio::test]
async fn browser_shows_a_page_and_keeps_its_console() {
    let browser = Browser::open().await;
    browser.goto("data:text/html,<meta name=viewport content=width=device-width><p>hello</p><script>console.error('ouch')</script>").await;
    assert_eq!(browser.text("p").await, "hello");
    let console = browser.console().await;
    assert!(console.iter().any(|line| line.contains("ouch")), "{console:?}");
    browser.as_phone().await;
    assert_eq!(browser.script("return innerWidth").await, 390);
    browser.prefers("prefers-color-scheme", "dark").await;
    assert_eq!(browser.script("return matchMedia('(prefers-color-scheme: dark)').matches").await, true);
    browser.screenshot("harness").await;
    browser.close().await;
}
