//! Any byte string as a document gives a platform or diagnostics, never a panic; and what was read can be written
//! and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let document = sehat_document::read("platform.yaml", &text, &|_| Err("there are no other files".to_owned()));
    assert!(!document.environments.is_empty() || !document.diagnostics.is_empty());
    for diagnostic in &document.diagnostics {
        sehat_diagnostic::render_terminal(diagnostic, &document.sources);
    }
    if document.is_good() {
        for platform in &document.environments {
            let written = sehat_document::write(platform);
            let again = sehat_document::read("platform.yaml", &written.to_string(), &|_| Err(String::new()));
            assert_eq!(again.environments.first().map(|again| sehat_document::write(again)), Some(written));
        }
    }
});
