//! Log lines of the firmware: `# 12.34 <I> text`, `# +0.05 <D> text`, `# <E> text`.

/// The level and the text of a line; what has another shape is for whoever searches.
pub fn read(line: &str) -> (&'static str, &str) {
    let text = line.trim_start_matches('#').trim();
    let cut = || {
        let (_, rest) = text.split_once('<')?;
        let (letter, said) = rest.split_once('>')?;
        let level = match letter {
            "X" | "D" => "debug",
            "I" => "info",
            "W" => "warning",
            "E" => "error",
            _ => return None,
        };
        Some((level, said.trim()))
    };
    cut().unwrap_or(("debug", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_told_by_their_letter() {
        for (line, level, text) in [
            ("# 12.34 <D> radio: ok", "debug", "radio: ok"),
            ("# +0.05 <I> boot", "info", "boot"),
            ("# <E> no sensor <0x48>", "error", "no sensor <0x48>"),
            ("# 1.00 <W>", "warning", ""),
            ("# 1.00 <X> 00 01", "debug", "00 01"),
            ("# hello", "debug", "hello"),
            ("#", "debug", ""),
            ("# <Q> what", "debug", "<Q> what"),
        ] {
            assert_eq!(read(line), (level, text), "{line}");
        }
    }
}
