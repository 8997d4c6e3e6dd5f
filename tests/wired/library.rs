//! Units of Modbus as tokio-modbus plays them, on a pseudo-terminal and by TCP: what the hub writes and reads is
//! understood, or not, by an implementation that knows nothing of it.

use std::collections::BTreeMap;
use std::future::{Ready, ready};
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard};

use rustix::fs::{Mode, OFlags};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_modbus::prelude::{ExceptionCode, Request, Response, SlaveRequest};
use tokio_modbus::server::{Service, rtu, tcp};
use tokio_serial::{SerialPort, SerialStream};

/// What a unit keeps, and how it behaves.
#[derive(Clone, Default)]
pub struct Unit {
    pub coils: Vec<bool>,
    pub holding: Vec<u16>,
    pub inputs: Vec<u16>,
    /// Says nothing.
    pub is_dead: bool,
    /// What it answers to everything, until it is asked so many times.
    pub refuses: Option<(ExceptionCode, usize)>,
    /// The functions it was asked, in their order.
    pub asked: Vec<u8>,
}

/// Units of one bus; clones are the same ones.
#[derive(Clone)]
pub struct Units(Arc<Mutex<BTreeMap<u8, Unit>>>);

/// A line or a port on which they answer, until it is dropped.
pub struct Door {
    /// What the hub is told as `device`.
    pub device: String,
    task: JoinHandle<()>,
    /// The hub's side of a terminal, which would hang up while nobody has it open.
    _held: Option<OwnedFd>,
}

impl Units {
    pub fn of(units: impl IntoIterator<Item = (u8, Unit)>) -> Self {
        Self(Arc::new(Mutex::new(units.into_iter().collect())))
    }

    /// They answer on a terminal, by RTU.
    pub fn on_terminal(&self) -> Door {
        let (line, mut side) = SerialStream::pair().expect("the machine has pseudo-terminals");
        side.set_exclusive(false).expect("our own terminal");
        let device = side.name().expect("a terminal has a name");
        // The library holds a lock on it, which is the hub's to take.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let held = rustix::fs::open(&device, flags, Mode::empty()).expect("our own terminal");
        drop(side);
        let server = rtu::Server::new(line).serve_forever(self.clone());
        let task = tokio::spawn(async { server.await.expect("it serves") });
        Door { device, task, _held: Some(held) }
    }

    /// They answer at a port, by Modbus TCP.
    pub async fn on_network(&self) -> Door {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let device = format!("modbus://{}", listener.local_addr().expect("it is bound"));
        let units = self.clone();
        let task = tokio::spawn(async move {
            let connected = |stream, _| ready(Ok(Some((units.clone(), stream))));
            let served = tcp::Server::new(listener).serve(&connected, |_| {}).await;
            served.expect("it serves");
        });
        Door { device, task, _held: None }
    }

    /// One of them, to be looked at or changed.
    pub fn with<T>(&self, unit: u8, look: impl FnOnce(&mut Unit) -> T) -> T {
        look(self.locked().get_mut(&unit).expect("it is there"))
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<u8, Unit>> {
        self.0.lock().expect("no test panics with it")
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Service for Units {
    type Request = SlaveRequest<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Self::Response, Self::Exception>>;

    fn call(&self, SlaveRequest { slave, request }: Self::Request) -> Self::Future {
        let mut units = self.locked();
        let Some(unit) = units.get_mut(&slave) else { return ready(Ok(None)) };
        unit.asked.push(request.function_code().value());
        ready(if unit.is_dead { Ok(None) } else { unit.answer(request).map(Some) })
    }
}

impl Unit {
    fn answer(&mut self, request: Request<'_>) -> Result<Response, ExceptionCode> {
        if let Some((code, times @ 1..)) = self.refuses {
            self.refuses = Some((code, times - 1));
            return Err(code);
        }
        Ok(match request {
            Request::ReadCoils(at, count) => Response::ReadCoils(read(&self.coils, at, count)?),
            Request::ReadInputRegisters(at, count) => {
                Response::ReadInputRegisters(read(&self.inputs, at, count)?)
            }
            Request::ReadHoldingRegisters(at, count) => {
                Response::ReadHoldingRegisters(read(&self.holding, at, count)?)
            }
            Request::WriteSingleCoil(at, coil) => {
                write(&mut self.coils, at, &[coil])?;
                Response::WriteSingleCoil(at, coil)
            }
            Request::WriteSingleRegister(at, word) => {
                write(&mut self.holding, at, &[word])?;
                Response::WriteSingleRegister(at, word)
            }
            Request::WriteMultipleCoils(at, coils) => {
                Response::WriteMultipleCoils(at, write(&mut self.coils, at, &coils)?)
            }
            Request::WriteMultipleRegisters(at, words) => {
                Response::WriteMultipleRegisters(at, write(&mut self.holding, at, &words)?)
            }
            _ => return Err(ExceptionCode::IllegalFunction),
        })
    }
}

fn read<T: Clone>(kept: &[T], at: u16, count: u16) -> Result<Vec<T>, ExceptionCode> {
    let span = usize::from(at)..usize::from(at) + usize::from(count);
    kept.get(span).map(<[T]>::to_vec).ok_or(ExceptionCode::IllegalDataAddress)
}

fn write<T: Clone>(kept: &mut [T], at: u16, told: &[T]) -> Result<u16, ExceptionCode> {
    let span = usize::from(at)..usize::from(at) + told.len();
    kept.get_mut(span).ok_or(ExceptionCode::IllegalDataAddress)?.clone_from_slice(told);
    u16::try_from(told.len()).map_err(|_| ExceptionCode::IllegalDataValue)
}
