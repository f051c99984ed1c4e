//! Values that are written as one word, each with its reading, its writing and its schema.

use serde_json::{Value as Json, json};

/// A value written as one word.
pub trait Word: Sized {
    /// What is expected, as in "expected a port".
    fn read(text: &str) -> Result<Self, String>;

    /// Writes what `read` reads.
    fn show(&self) -> String;

    fn schema() -> Json {
        json!({ "type": ["string", "number"] })
    }
}

/// Gives an enumeration its words.
macro_rules! words {
    ($type:ty, $what:literal; $($word:literal => $value:expr),* $(,)?) => {
        impl $crate::word::Word for $type {
            fn read(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok($value),)*
                    _ => {
                        let words: &[&str] = &[$($word),*];
                        let near = sehat_diagnostic::nearest(text, words.iter().copied());
                        let help = near.map_or_else(|| format!("one of {}", words.join(", ")), |near| format!("did you mean `{near}`?"));
                        Err(format!("{}\n{help}", $what))
                    }
                }
            }

            fn show(&self) -> String {
                let words = [$(($word, $value)),*];
                words.iter().find(|(_, value)| value == self).map_or(String::new(), |(word, _)| (*word).to_owned())
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({ "enum": [$($word),*] })
            }
        }
    };
}
pub(crate) use words;

impl Word for String {
    fn read(text: &str) -> Result<Self, String> {
        if text == "\u{0}" { Err("one line of text".to_owned()) } else { Ok(text.to_owned()) }
    }

    fn show(&self) -> String {
        self.clone()
    }

    fn schema() -> Json {
        json!({ "type": ["string", "number", "boolean"] })
    }
}

impl Word for bool {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "true" | "yes" | "on" => Ok(true),
            "false" | "no" | "off" => Ok(false),
            _ => Err("`true` or `false`".to_owned()),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn schema() -> Json {
        json!({ "enum": [true, false, "yes", "no", "on", "off"] })
    }
}

/// Gives a quantity of the hub its reading by its own parser.
macro_rules! parsed {
    ($($type:ty),*) => {
        $(impl Word for $type {
            fn read(text: &str) -> Result<Self, String> {
                text.parse().map_err(|error: <$type as std::str::FromStr>::Err| error.to_string())
            }

            fn show(&self) -> String {
                self.to_string()
            }
        })*
    };
}

parsed!(
    sehat_platform::Duration,
    sehat_platform::Bytes,
    sehat_platform::Rate,
    sehat_platform::Share,
    sehat_platform::Range,
    sehat_platform::Ports,
    sehat_platform::Cron
);

impl Word for sehat_platform::Cidr {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "an address range such as `192.168.10.0/24`".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Word for std::net::IpAddr {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "an address such as `192.168.10.11`".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}
