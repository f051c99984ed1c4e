//! Walks a folder as git sees it, and never out of it.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// Returns every regular file, sorted, without those that git ignores. Links are not followed.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let walk = WalkBuilder::new(folder)
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    let entries = walk.flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let mut files: Vec<PathBuf> = entries.map(ignore::DirEntry::into_path).collect();
    files.sort();
    files
}
