//! Puts an instance's directories and files in place.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use sehat_engine::contents::{Contents, Directory, File};

use crate::accounts;
use crate::error::{Doing, Result};
use crate::mounts::make_folder;

pub fn place(contents: &Contents) -> Result<()> {
    contents.directories.iter().try_for_each(place_directory)?;
    contents.files.iter().try_for_each(place_file)
}

fn place_directory(directory: &Directory) -> Result<()> {
    make_folder(&directory.path)?;
    give(&directory.path, &directory.owner, directory.mode)
}

fn place_file(file: &File) -> Result<()> {
    let doing = || format!("write {}", file.path.display());
    if let Some(folder) = file.path.parent() {
        make_folder(folder)?;
    }
    // Never an open moment: the file is made readable for nobody else, then given to its owner.
    let _ = fs::remove_file(&file.path);
    let mut target =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file.path).doing(doing)?;
    target.write_all(file.text.as_bytes()).doing(doing)?;
    give(&file.path, &file.owner, file.mode)
}

fn give(path: &Path, owner: &str, mode: u32) -> Result<()> {
    let doing = || format!("give {} to {owner}", path.display());
    let (user, group) = accounts::owner(owner)?;
    chown(path, Some(user), Some(group)).doing(doing)?;
    fs::set_permissions(path, Permissions::from_mode(mode)).doing(doing)
}
