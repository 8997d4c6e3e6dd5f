//! A QR code for the terminal, to be read by a phone's camera.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code, without which cameras do not find it.
const QUIET: usize = 2;

/// The text as a QR code: half blocks, or `#` where a terminal has no such letters. Dark is drawn as nothing, so it
/// suits the usual dark terminal.
pub fn draw(text: &str, ascii: bool) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let light = |x: usize, y: usize| {
        let inside = (QUIET..QUIET + width).contains(&x) && (QUIET..QUIET + width).contains(&y);
        !inside || colors[(y - QUIET) * width + (x - QUIET)] == Color::Light
    };
    let side = width + 2 * QUIET;
    let mut lines = Vec::new();
    for y in (0..side).step_by(if ascii { 1 } else { 2 }) {
        let module = |x| match (ascii, light(x, y), light(x, y + 1)) {
            (true, true, _) => "##",
            (true, false, _) => "  ",
            (false, true, true) => "█",
            (false, true, false) => "▀",
            (false, false, true) => "▄",
            (false, false, false) => " ",
        };
        lines.push((0..side).map(module).collect::<String>());
    }
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn a_code_has_its_finder_patterns_and_a_quiet_zone() {
        let code = draw("https://127.0.0.1:8443", true).unwrap();
        let lines: Vec<&str> = code.lines().collect();
        assert_eq!(lines.len(), 25 + 4);
        assert!(lines.iter().all(|line| line.len() == 2 * lines.len()));
        assert!(lines[0].chars().all(|c| c == '#'));
        // The edge of the first finder pattern: seven dark modules, then a light one.
        assert!(lines[2].starts_with(&format!("####{}##", " ".repeat(14))), "{}", lines[2]);
        assert_eq!(draw("https://127.0.0.1:8443", false).unwrap().lines().count(), 15);
    }
}
