//! What is read of scripts.

use std::fmt::Write;

use proptest::prelude::*;
use sehat_diagnostic::Sources;
use sehat_platform::inventory::delivery::{Host, Script};

use super::read;
use crate::located::Located;

fn script(text: &str) -> Script {
    let source = Sources::default().add("a.sh", text);
    read(&Located::of_file(&source), "a.sh", Host::File)
}

/// One line per pipeline: options, loops, words.
fn shown(text: &str) -> String {
    let mut out = String::new();
    for seen in script(text).seen() {
        let mut marks = String::new();
        marks.push_str(if seen.errexit { "e" } else { "-" });
        marks.push_str(if seen.pipefail { "p" } else { "-" });
        marks.push_str(if seen.line.is_checked { "?" } else { "-" });
        let loops: Vec<&str> = seen.line.loops.iter().map(|around| around.variable.as_str()).collect();
        let commands: Vec<String> = seen
            .line
            .commands
            .iter()
            .map(|command| {
                let mut words: Vec<&str> = command.texts().collect();
                for redirect in &command.redirects {
                    words.extend([redirect.operator.as_str(), redirect.target.text.as_str()]);
                }
                words.join(" · ")
            })
            .collect();
        let _ = writeln!(out, "{marks} {} {:?} {}", seen.line.origin.line, loops, commands.join(" | "));
    }
    out
}

#[test]
fn pipelines_options_and_loops() {
    insta::assert_snapshot!(shown(r#"#!/bin/bash -e
NS=clinic; KUBECTL="kubectl"
set -o pipefail
for db in $(psql -l | cut -f1) "two words"; do
  $KUBECTL exec -n $NS "db-$db" -- pg_dump "$db" \
    | gzip > "/copies/${db}.gz" || exit 1
done
if [ -s a ] && ! grep -q complete a; then echo bad >&2; fi
case "$1" in
  full|all) tar czf - /data | aws s3 cp - s3://x ;;
  *) exit 2;;
esac
set +e
cat <<EOF | psql
select 1; # no comment
EOF
sh -c 'set -e; mysqldump a | gzip > b'
x=$(date +%F)
"#), @r#"
    ep- 3 [] set · -o · pipefail
    ep- 4 [] psql · -l | cut · -f1
    ep? 5 ["db"] kubectl · exec · -n · clinic · db-${db} · -- · pg_dump · ${db} | gzip · > · /copies/${db}.gz
    ep- 6 ["db"] exit · 1
    ep? 8 [] [ · -s · a · ]
    ep? 8 [] grep · -q · complete · a
    ep- 8 [] echo · bad · >& · 2
    ep- 10 [] tar · czf · - · /data | aws · s3 · cp · - · s3://x
    ep- 11 [] exit · 2
    -p- 13 [] set · +e
    -p- 14 [] cat · << · EOF | psql
    -p- 17 [] sh · -c · set -e; mysqldump a | gzip > b
    e-- 17 [] set · -e
    e-- 17 [] mysqldump · a | gzip · > · b
    -p- 18 [] date · +%F
    "#);
}

#[test]
fn a_password_is_not_kept() {
    let text =
        "mysqldump --password=hunter2 -h db\nexport PGPASSWORD=hunter2\npg_dump postgres://u:hunter2@db/x";
    assert!(!format!("{:?}", script(text)).contains("hunter2"));
}

proptest! {
    #[test]
    fn any_text_is_read(text in "[ -~\n\t$`'\"(){}|&;<>#\\\\]{0,200}") {
        let script = script(&text);
        for command in script.commands() {
            prop_assert!(command.origin.start <= text.len());
        }
    }

    #[test]
    fn words_of_the_shell_in_any_order(words in prop::collection::vec(
        prop::sample::select(vec!["if", "then", "fi", "for", "x", "in", "do", "done", "case", "esac", ";;", "|", "||", "\n",
            "$(", ")", "`", "'", "\"", "${", "}", "<<E", "E", "set -e", "{", "(", "sh -c 'a | b'", "é", "$((", "${{", "}}"]), 0..40)) {
        script(&words.join(" "));
        script(&words.concat());
    }
}
