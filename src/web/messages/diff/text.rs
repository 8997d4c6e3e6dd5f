//! Two texts compared by line, or by word where one of them has a single line: the longest common order of pieces.

use super::{Fate, Run};

/// Pieces compared with each other; a longer middle is shown as one that went and one that came.
const MOST: usize = 600;

/// The runs that lead from one text to the other.
pub fn runs(before: &str, after: &str) -> Vec<Run> {
    let by_line = before.contains('\n') && after.contains('\n');
    let cut = |text| if by_line { lines(text) } else { words(text) };
    let (before, after) = (cut(before), cut(after));
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let head = before.iter().zip(&after).take_while(same).count();
    let (was, is) = (&before[head..], &after[head..]);
    let tail = was.iter().rev().zip(is.iter().rev()).take_while(same).count();
    let (was, is) = (&was[..was.len() - tail], &is[..is.len() - tail]);
    let mut runs = Runs(Vec::new());
    runs.add(Fate::Stayed, &before[..head]);
    middle(was, is, &mut runs);
    runs.add(Fate::Stayed, &before[before.len() - tail..]);
    runs.0
}

struct Runs(Vec<Run>);

impl Runs {
    fn add(&mut self, fate: Fate, pieces: &[&str]) {
        if pieces.is_empty() {
            return;
        }
        let text = pieces.concat();
        match self.0.last_mut() {
            Some(last) if last.fate == fate => last.text.push_str(&text),
            _ => self.0.push(Run { fate, text }),
        }
    }
}

fn middle(was: &[&str], is: &[&str], runs: &mut Runs) {
    if was.len() > MOST || is.len() > MOST {
        runs.add(Fate::Went, was);
        runs.add(Fate::Came, is);
        return;
    }
    // common[a][b]: how many pieces `was[a..]` and `is[b..]` have in common, in order.
    let width = is.len() + 1;
    let mut common = vec![0u16; (was.len() + 1) * width];
    for a in (0..was.len()).rev() {
        for b in (0..is.len()).rev() {
            common[a * width + b] = if was[a] == is[b] {
                common[(a + 1) * width + b + 1] + 1
            } else {
                common[(a + 1) * width + b].max(common[a * width + b + 1])
            };
        }
    }
    let (mut a, mut b) = (0, 0);
    while a < was.len() || b < is.len() {
        if a < was.len() && b < is.len() && was[a] == is[b] {
            runs.add(Fate::Stayed, &was[a..=a]);
            (a, b) = (a + 1, b + 1);
        } else if b == is.len() || (a < was.len() && common[(a + 1) * width + b] >= common[a * width + b + 1])
        {
            runs.add(Fate::Went, &was[a..=a]);
            a += 1;
        } else {
            runs.add(Fate::Came, &is[b..=b]);
            b += 1;
        }
    }
}

/// Each line with its end.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Runs of letters and digits, and everything else one by one.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut begin = 0;
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        let is_word = c.is_alphanumeric();
        if at > begin && !(is_word && in_word) {
            words.push(&text[begin..at]);
            begin = at;
        }
        in_word = is_word;
    }
    if begin < text.len() {
        words.push(&text[begin..]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(before: &str, after: &str) -> String {
        let runs = runs(before, after);
        let rebuild = |without: Fate| {
            let kept = runs.iter().filter(|run| run.fate != without);
            kept.map(|run| run.text.as_str()).collect::<String>()
        };
        assert_eq!((rebuild(Fate::Came).as_str(), rebuild(Fate::Went).as_str()), (before, after));
        runs.iter()
            .map(|run| match run.fate {
                Fate::Stayed => run.text.clone(),
                Fate::Went => format!("[-{}-]", run.text),
                Fate::Came => format!("[+{}+]", run.text),
            })
            .collect()
    }

    #[test]
    fn single_lines_are_compared_by_word() {
        let check = |before, after, expect| assert_eq!(show(before, after), expect);
        check("door open", "door shut", "door [-open-][+shut+]");
        check("T=24.50;H=40", "T=24.75;H=40", "T=24.[-50-][+75+];H=40");
        check("", "on", "[+on+]");
        check("on", "", "[-on-]");
        check("příliš žluťoučký", "příliš kůň", "příliš [-žluťoučký-][+kůň+]");
    }

    #[test]
    fn several_lines_are_compared_by_line() {
        assert_eq!(show("a\nb\nc\n", "a\nx\nc\n"), "a\n[-b\n-][+x\n+]c\n");
        assert_eq!(show("a\nb\n", "b\nc\n"), "[-a\n-]b\n[+c\n+]");
    }

    #[test]
    fn endless_middles_are_replaced_as_a_whole() {
        let text = |step: u32| (0..3000).map(|n| format!("{} ", n * step)).collect::<String>();
        assert!(runs(&text(2), &text(3)).len() <= 4);
    }
}
