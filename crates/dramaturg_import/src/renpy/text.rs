//! Texts without Ren'Py's marks: tags in curly brackets go, names in square brackets are filled in.

/// The text as a pack has it. `fill` gives what a name in square brackets comes to; what it does not know is left out,
/// and noted.
pub(super) fn clean(
    text: &str,
    fill: &dyn Fn(&str) -> Option<String>,
    unknown: &mut Vec<String>,
) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' | '[' if chars.peek() == Some(&c) => {
                chars.next();
                out.push_str(if c == '{' { "{\"{\"}" } else { "[" });
            }
            '%' if chars.peek() == Some(&'%') => {
                chars.next();
                out.push('%');
            }
            '{' => {
                let tag: String = chars.by_ref().take_while(|c| *c != '}').collect();
                let tag = tag.trim();
                // Where the player is waited for, or a new paragraph begins, words don't run together.
                if matches!(tag.split('=').next(), Some("p" | "w" | "space" | "vspace")) {
                    out.push(' ');
                }
            }
            '[' => {
                let mut depth = 1;
                let mut name = String::new();
                for c in chars.by_ref() {
                    match c {
                        '[' => depth += 1,
                        ']' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                    name.push(c);
                }
                let bare = name.split(['!', ':']).next().unwrap_or_default().trim();
                match fill(bare) {
                    Some(text) => out.push_str(&text),
                    None => unknown.push(name),
                }
            }
            '}' => out.push_str("{\"}\"}"),
            c if c.is_whitespace() => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    let words: Vec<&str> = out.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_go_and_names_are_filled_in() {
        let mut unknown = Vec::new();
        let fill = |name: &str| (name == "n").then(|| "{ $n }".to_owned());
        let text = "{b}You{/b} have [n] [[coins], {w=1.0}{{sic}} 50%%.\n[what!t]";
        assert_eq!(
            clean(text, &fill, &mut unknown),
            "You have { $n } [coins], {\"{\"}sic{\"}\"}{\"}\"} 50%."
        );
        assert_eq!(unknown, ["what!t"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a{}\\[\\]%! \n人]{0,60}") {
            let _ = clean(&text, &|_| None, &mut Vec::new());
        }
    }
}
