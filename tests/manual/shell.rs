//! Just enough of a shell to see the words of each command in an example.

/// The commands of a text, each as its words, without redirections and comments.
pub fn commands(text: &str) -> Vec<Vec<String>> {
    let text = text.replace("\\\n", " ");
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    let mut is_target = false;
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                word.extend(chars.by_ref().take_while(|inner| *inner != c));
            }
            '#' if word.is_none() => {
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
            }
            ' ' | '\n' | ';' | '|' | '&' | '(' | ')' | '<' | '>' => {
                if let Some(word) = word.take()
                    && !std::mem::take(&mut is_target)
                    && let Some(command) = all.last_mut()
                {
                    command.push(word);
                }
                match c {
                    ' ' => {}
                    '<' | '>' => is_target = chars.peek() != Some(&'('),
                    _ => all.push(Vec::new()),
                }
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    if let (Some(word), false, Some(command)) = (word, is_target, all.last_mut()) {
        command.push(word);
    }
    all.retain(|words| !words.is_empty());
    all
}

/// The words of a command that is ours, from the program's name on; who runs it does not matter.
pub fn ours(words: &[String]) -> Option<&[String]> {
    let words = match words {
        [sudo, who, _, rest @ ..] if sudo == "sudo" && who == "-u" => rest,
        [sudo, rest @ ..] if sudo == "sudo" => rest,
        [word, rest @ ..] if word == "do" || word == "exec" || word == "$" => rest,
        all => all,
    };
    words.first().filter(|word| *word == "clown-hub" || word.ends_with("/clown-hub")).map(|_| words)
}

#[test]
fn commands_are_seen_as_a_shell_sees_them() {
    let check = |text: &str, expect: &[&[&str]]| assert_eq!(commands(text), expect, "{text}");
    check("a 'b c' \"d\" # e", &[&["a", "b c", "d"]]);
    check("a | b -c && d; e\nf", &[&["a"], &["b", "-c"], &["d"], &["e"], &["f"]]);
    check("a > out 2 < in b", &[&["a", "2", "b"]]);
    check("a \\\n  b", &[&["a", "b"]]);
    check("a < <(b c)", &[&["a"], &["b", "c"]]);
    let words = |text: &str| commands(text).remove(0);
    assert_eq!(ours(&words("sudo -u clown-hub clown-hub user list")).unwrap()[1], "user");
    assert!(ours(&words("systemctl status clown-hub")).is_none());
}
