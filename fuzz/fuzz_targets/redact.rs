//! Any line can be shown, and a password in an assignment or a URL never is.

#![no_main]

use libfuzzer_sys::fuzz_target;

const CANARY: &str = "c4n4ryC4N4RYc4n4ry";

fuzz_target!(|text: &str| {
    let line: String = text.chars().filter(|c| !c.is_control() && !":=/?'\"@ ".contains(*c)).collect();
    sehat_diagnostic::redact(text);
    if text.contains(CANARY) || line.contains(CANARY) {
        return;
    }
    assert!(!sehat_diagnostic::redact(&format!("{text} password: {CANARY}")).contains(CANARY));
    assert!(!sehat_diagnostic::redact(&format!("{line} mysql://{line}:{CANARY}@{line}/")).contains(CANARY));
});
