//! What a caller reads for the evaluator, which reads nothing itself.

/// Gives the evaluator its files. Paths are separated by `/`.
pub trait Load {
    /// Returns the name of a folder with every link followed, so that a folder is known again; `None` where none is.
    fn folder(&self, path: &str) -> Option<String>;

    /// Reads a file that lies in or under `folder`, with every link followed.
    ///
    /// # Errors
    ///
    /// Says why there is no text.
    fn file(&self, folder: &str, path: &str) -> Result<Vec<u8>, Refusal>;
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Missing,
    IsFolder,
    /// It lies outside of the folder that names it.
    Outside,
    /// What the system says.
    Other(String),
}

/// The names under which kustomize looks for its file in a folder.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Returns whether a file of this name makes its folder a kustomization.
pub fn is_kustomization(file_name: &str) -> bool {
    FILE_NAMES.contains(&file_name)
}

/// Joins and shortens: `a/b` and `../c` is `a/c`.
pub(crate) fn join(folder: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    let absolute = whole.starts_with('/') && (path.starts_with('/') || folder.starts_with('/'));
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// Returns whether a path, as [`join`] gives it, is a folder or lies under it.
pub(crate) fn is_within(path: &str, folder: &str) -> bool {
    match folder {
        "." => !path.starts_with('/') && path != ".." && !path.starts_with("../"),
        "/" => path.starts_with('/'),
        _ => path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

/// Whether kustomize would fetch this from another machine.
pub(crate) fn is_remote(path: &str) -> bool {
    let host = path.split('/').next().unwrap_or_default();
    path.contains("://")
        || path.starts_with("git::")
        || path.contains("?ref=")
        || path.contains(".git/")
        || path.strip_suffix(".git").is_some()
        || (host.contains('@') && host.contains(':'))
        || ["github.com", "gitlab.com", "bitbucket.org"].contains(&host.split(':').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_paths() {
        let all = [
            (".", "a.yaml"),
            ("a/b", "../c"),
            (".", "../x"),
            ("../x", "../.."),
            ("/a", "../../b"),
            ("a", "./"),
        ];
        let joined: Vec<String> = all.iter().map(|(folder, path)| join(folder, path)).collect();
        assert_eq!(joined, ["a.yaml", "a/c", "../x", "../..", "/b", "a"]);
        assert!(
            is_within("a/b", "a") && !is_within("ab", "a") && !is_within("../a", ".") && is_within("a", ".")
        );
    }
}
