//! Results as JUnit's XML, which every CI reads.

use super::against::Column;
use super::cases::{Case, Failure};
use std::fmt::Write;

/// The results of the recorded plays, and a suite for each other model.
pub fn xml(cases: &[Case], columns: &[Column]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dramaturg\">\n",
    );
    let recorded = cases.iter().map(|case| (&case.failures[..], case.took.as_secs_f64()));
    suite(&mut xml, "replay", cases, recorded.collect());
    for column in columns {
        let rows = column.rows.iter().map(|row| (&row.failures[..], row.took.as_secs_f64()));
        suite(&mut xml, &format!("replay against {}", column.model), cases, rows.collect());
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, name: &str, cases: &[Case], results: Vec<(&[Failure], f64)>) {
    let failed = results.iter().filter(|(failures, _)| !failures.is_empty()).count();
    let time: f64 = results.iter().map(|(_, time)| time).sum();
    // Writing to a string can't fail.
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" time=\"{time:.3}\">",
        escaped(name),
        results.len()
    );
    for (case, (failures, time)) in cases.iter().zip(results) {
        let named = case.journal.file_stem().unwrap_or_default().to_string_lossy();
        let _ = write!(
            xml,
            "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{time:.3}\"",
            escaped(if case.story.is_empty() { "journal" } else { &case.story }),
            escaped(&named),
            escaped(&case.journal.display().to_string())
        );
        if failures.is_empty() {
            xml.push_str("/>\n");
            continue;
        }
        xml.push_str(">\n");
        for failure in failures {
            let text = failure.to_string();
            let first = text.lines().next().unwrap_or_default();
            let _ = writeln!(
                xml,
                "      <failure type=\"{}\" message=\"{}\">{}</failure>",
                failure.kind.name(),
                escaped(first),
                escaped(&text)
            );
        }
        xml.push_str("    </testcase>\n");
    }
    xml.push_str("  </testsuite>\n");
}

/// A text as XML has it. What XML 1.0 has no way to write becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\n' | '\t' => xml.push(c),
            c if (c as u32) < 0x20 || matches!(c as u32, 0xFFFE | 0xFFFF) => xml.push('\u{FFFD}'),
            c => xml.push(c),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(
            escaped("a <b> & \"c\"\u{1b}[0m\n俊"),
            "a &lt;b&gt; &amp; &quot;c&quot;\u{FFFD}[0m\n俊"
        );
    }
}
