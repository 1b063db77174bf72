//! A function's zip: the same bytes for the same binary, wherever and whenever it is made.
//! Knows the zip format and files; CloudFormation sees a change only where these bytes change.

use std::fs;
use std::io::{self, Cursor, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// What `provided` runtimes start (AWS Lambda Developer Guide, "OS-only runtimes").
const ENTRY: &str = "bootstrap";
/// deflate's smallest output.
const LEVEL: i64 = 9;

/// What became of a zip's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It is new, or has other bytes than before.
    Written,
    /// It held these bytes already and was not touched.
    Unchanged,
}

/// The zip of a binary: one executable entry, dated 1980, without a field that differs between machines.
///
/// # Errors
/// The binary is larger than a zip without extensions holds (4 GiB).
pub fn pack(bootstrap: &[u8]) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o755)
        .system(System::Unix);
    let failed = "zip을 만들지 못했다";
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(ENTRY, options).context(failed)?;
    zip.write_all(bootstrap).context(failed)?;
    Ok(zip.finish().context(failed)?.into_inner())
}

/// Puts `zip` at `path`, whole or not at all; a file that holds the same bytes keeps its time.
///
/// # Errors
/// The folder cannot be made or written to.
pub fn store(path: &Path, zip: &[u8]) -> Result<Stored> {
    if fs::read(path).is_ok_and(|old| old == zip) {
        return Ok(Stored::Unchanged);
    }
    write(path, zip).with_context(|| format!("{}에 쓰지 못했다", path.display()))?;
    Ok(Stored::Written)
}

fn write(path: &Path, zip: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let readable = fs::Permissions::from_mode(0o644);
    let mut beside =
        tempfile::Builder::new().prefix(".package-").permissions(readable).tempfile_in(folder)?;
    beside.write_all(zip)?;
    beside.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::process::Command;
    use std::time::{Duration, SystemTime};

    /// Bytes as varied as those of a binary, for compression to have something to do.
    fn binary() -> Vec<u8> {
        (0..100_000u32).flat_map(|n| (n.wrapping_mul(2_654_435_761) >> (n % 24)).to_le_bytes()).collect()
    }

    #[test]
    fn the_same_binary_gives_the_same_bytes() {
        let first = pack(&binary()).unwrap();
        // The format counts in steps of two seconds: a clock that got in would show at the latest then; the header shows now.
        assert_eq!(pack(&binary()).unwrap(), first);
        let (flags, method, time, date) = (&first[6..8], &first[8..10], &first[10..12], &first[12..14]);
        assert_eq!((flags, method, time, date), (&[0, 0][..], &[8, 0][..], &[0, 0][..], &[0x21, 0][..]));
        let extra = (&first[28..30], first.windows(4).filter(|bytes| bytes == b"PK\x05\x06").count());
        assert_eq!(extra, (&[0, 0][..], 1));
        assert!(first.len() < binary().len());
    }

    #[test]
    fn one_executable_entry_that_reads_back() {
        let mut zip = zip::ZipArchive::new(Cursor::new(pack(&binary()).unwrap())).unwrap();
        assert_eq!((zip.len(), zip.comment().len()), (1, 0));
        let mut entry = zip.by_index(0).unwrap();
        assert_eq!((entry.name().unwrap().as_ref(), entry.unix_mode()), ("bootstrap", Some(0o100_755)));
        assert_eq!(entry.extra_data().unwrap_or_default().len(), 0);
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, binary());
    }

    #[test]
    fn another_program_reads_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (zip, bootstrap) = (folder.path().join("f.zip"), folder.path().join("bootstrap"));
        store(&zip, &pack(&binary()).unwrap()).unwrap();
        let program = "import sys, zipfile\n\
            archive = zipfile.ZipFile(sys.argv[1])\n\
            assert archive.testzip() is None\n\
            [entry] = archive.infolist()\n\
            assert entry.filename == 'bootstrap' and entry.date_time == (1980, 1, 1, 0, 0, 0), entry\n\
            assert entry.external_attr >> 16 == 0o100755 and entry.create_system == 3 and not entry.extra, entry\n\
            open(sys.argv[2], 'wb').write(archive.read(entry))\n";
        match Command::new("python3").args(["-c", program]).args([&zip, &bootstrap]).status() {
            Ok(status) => {
                assert!(status.success());
                assert_eq!(fs::read(bootstrap).unwrap(), binary());
            }
            Err(error) => println!("python3 is not installed ({error}): the crate's own reader has to do"),
        }
    }

    #[test]
    fn a_file_is_replaced_whole_and_only_by_other_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target/lambda/users.zip");
        assert_eq!(store(&path, b"one").unwrap(), Stored::Written);
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        assert_eq!(store(&path, b"one").unwrap(), Stored::Unchanged);
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), long_ago);
        // Whoever reads the old file goes on reading it: the new one is another file.
        let mut old = fs::File::open(&path).unwrap();
        assert_eq!(store(&path, b"two!").unwrap(), Stored::Written);
        let mut text = String::new();
        old.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), fs::read(&path).unwrap().as_slice()), ("one", &b"two!"[..]));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o600, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_in_the_way_is_named_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("users.zip/x")).unwrap();
        let error = store(&folder.path().join("users.zip"), b"one").unwrap_err().to_string();
        assert!(error.contains("users.zip에 쓰지 못했다"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
