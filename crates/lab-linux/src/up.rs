//! Brings a lab up, or finds that it is up.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::stat::{Mode, umask};
use sehat_lab::Blueprint;
use sehat_lab::mistakes::mistakes;
use sehat_lab::plan::plan_machines;
use sehat_lab::status::Progress;

use crate::authority::Authority;
use crate::channel::Channel;
use crate::error::{Doing, Error, Result};
use crate::lab::Lab;
use crate::messages::{Birth, Reply};
use crate::mounts::make_folder;
use crate::{cgroup, doctor, paths, state};

const ATTACH_LIMIT: Duration = Duration::from_secs(30);
const BIRTH_LIMIT: Duration = Duration::from_mins(1);

/// What machines are made from, all of it cached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layers {
    pub root: PathBuf,
    /// Seeds by name.
    pub seeds: BTreeMap<String, PathBuf>,
}

impl Lab {
    /// Brings the lab up and waits until everything in it is ready. Where it is up already, only waits.
    pub fn up(
        &self,
        blueprint: &Blueprint,
        layers: &Layers,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<()> {
        self.start(blueprint, layers)?;
        self.wait_until_ready(progress)
    }

    /// Makes the box; its machines come up by themselves from then on.
    pub fn start(&self, blueprint: &Blueprint, layers: &Layers) -> Result<()> {
        let start = Instant::now();
        loop {
            if let Some(lock) = state::try_lock(&self.name)? {
                return self.make(blueprint, layers, &lock);
            }
            if self.is_running() {
                return self.check_same(blueprint);
            }
            if start.elapsed() > ATTACH_LIMIT {
                let text =
                    format!("another `sehat` command works on the lab `{}`; wait for its end", self.name);
                return Err(Error::Refused(text));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn check_same(&self, blueprint: &Blueprint) -> Result<()> {
        let running = fs::read(self.folder().join("blueprint.json")).unwrap_or_default();
        if running == to_json(blueprint)? {
            return Ok(());
        }
        let text =
            format!("the lab `{}` runs from another state of the document; `sehat down` first", self.name);
        Err(Error::Refused(text))
    }

    fn make(&self, blueprint: &Blueprint, layers: &Layers, lock: &File) -> Result<()> {
        if let [first, rest @ ..] = &mistakes(blueprint)[..] {
            let more =
                if rest.is_empty() { String::new() } else { format!(" (and {} more mistakes)", rest.len()) };
            return Err(Error::Refused(format!("the lab cannot be built: {first}{more}")));
        }
        doctor::check_blueprint(blueprint)?;
        state::clear_rest(&self.name)?;
        let folder = state::make_lab_folder(&self.name)?;
        for name in ["box", "logs"] {
            make_folder(&folder.join(name))?;
            state::give_to_caller(&folder.join(name))?;
        }
        state::write_private(&folder.join("blueprint.json"), &to_json(blueprint)?)?;
        let doors = open_doors(blueprint)?;
        let birth = self.prepare_birth(blueprint, layers, &doors)?;
        let socket = paths::socket(&self.name);
        let control = listen(&socket)?;
        self.give_birth(&birth, &control, lock, &doors)
    }

    fn prepare_birth(&self, blueprint: &Blueprint, layers: &Layers, doors: &[TcpListener]) -> Result<Birth> {
        let authority = Authority::open(&self.folder())?;
        let mut plans = plan_machines(blueprint);
        plans.iter_mut().try_for_each(|plan| authority.equip(plan))?;
        let limits: Vec<_> = plans.iter().map(|plan| (plan.name.clone(), plan.limits)).collect();
        let (cgroups, notes) = cgroup::prepare(&self.name, &limits);
        let ports = doors.iter().map(|door| door.local_addr().map(|address| address.port()));
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Ok(Birth {
            blueprint: blueprint.clone(),
            plans,
            ports: ports.collect::<Result<_, _>>().doing(|| "read the port of a front door".into())?,
            root: text(&layers.root),
            seeds: layers.seeds.iter().map(|(name, path)| (name.clone(), text(path))).collect(),
            cgroups,
            caller: state::caller(),
            notes,
        })
    }

    fn give_birth(
        &self,
        birth: &Birth,
        control: &UnixListener,
        lock: &File,
        doors: &[TcpListener],
    ) -> Result<()> {
        let doing = || "start the box".to_string();
        let log_path = self.folder().join("box.log");
        let log = File::create_new(&log_path).doing(|| format!("create {}", log_path.display()))?;
        state::give_file_to_caller(&log, &log_path)?;
        let (mut own, theirs) = Channel::pair()?;
        let mut command = Command::new("/proc/self/exe");
        command.arg(state::BOX_COMMAND).arg(self.folder()).current_dir("/");
        let output = log.try_clone().doing(doing)?;
        command.stdin(Stdio::from(theirs.into_file())).stdout(Stdio::from(output)).stderr(Stdio::from(log));
        let mut child = command.spawn().doing(doing)?;
        drop(command);
        let mut files: Vec<BorrowedFd<'_>> = vec![control.as_fd(), lock.as_fd()];
        files.extend(doors.iter().map(AsFd::as_fd));
        own.send_with(birth, &files)?;
        child.wait().doing(doing)?;
        own.limit_receiving(Some(BIRTH_LIMIT))?;
        match own.receive()? {
            Some(Reply::Ended { code: 0 }) => Ok(()),
            Some(Reply::Failed { reason }) => {
                Err(Error::NotReady(format!("the box could not be made: {reason}")))
            }
            _ => Err(Error::NotReady(format!("the box ended at once; {} says why", log_path.display()))),
        }
    }
}

/// Whoever may connect may run commands as root of the lab's machines, so that is root alone.
fn listen(socket: &Path) -> Result<UnixListener> {
    let others = Mode::S_IRWXG | Mode::S_IRWXO;
    let before = umask(others);
    let listener = UnixListener::bind(socket).doing(|| format!("listen at {}", socket.display()));
    umask(before);
    listener
}

fn to_json(blueprint: &Blueprint) -> Result<Vec<u8>> {
    serde_json::to_vec(blueprint).doing(|| "write the blueprint".into())
}

/// The listeners belong to the real machine's network, and are the only thing of it that the box gets.
fn open_doors(blueprint: &Blueprint) -> Result<Vec<TcpListener>> {
    let open =
        |_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing(|| "open a port for the front door".into());
    blueprint.front_doors.iter().map(open).collect()
}
