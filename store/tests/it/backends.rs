//! How each backend is opened, empty.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use store::{Memory, Sqlite, Store};

/// A folder of its own for one test, removed afterwards.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("playmoney-store-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self) -> PathBuf {
        self.0.join("playmoney.db")
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

/// An open store, with the folder that it is in.
pub struct Backend {
    store: Box<dyn Store>,
    _folder: Option<Folder>,
}

impl Backend {
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }
}

pub fn memory() -> Backend {
    Backend { store: Box::new(Memory::new()), _folder: None }
}

pub fn sqlite_in_memory() -> Backend {
    Backend { store: Box::new(Sqlite::in_memory().unwrap()), _folder: None }
}

pub fn sqlite_file() -> Backend {
    let folder = Folder::new();
    Backend { store: Box::new(Sqlite::open(&folder.file()).unwrap()), _folder: Some(folder) }
}
