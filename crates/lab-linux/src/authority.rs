//! The lab's own certificate authority. Its key stays in the lab's folder.

use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use sehat_engine::contents::{Certificate, Contents, File};
use sehat_lab::plan::MachinePlan;

use crate::error::{Doing, Result};
use crate::state::write_private;

pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The authority's own certificate in PEM.
    pub certificate: String,
}

impl Authority {
    /// The authority of this folder, made on first use.
    pub fn open(folder: &Path) -> Result<Self> {
        let doing = || "make the lab's certificate authority".to_string();
        let (key_path, certificate_path) = (folder.join("authority.key"), folder.join("authority.pem"));
        let parameters = parameters();
        if let (Ok(key), Ok(certificate)) =
            (fs::read_to_string(&key_path), fs::read_to_string(&certificate_path))
        {
            let key = KeyPair::from_pem(&key).doing(doing)?;
            return Ok(Self { issuer: Issuer::new(parameters, key), certificate });
        }
        let key = KeyPair::generate().doing(doing)?;
        let certificate = parameters.self_signed(&key).doing(doing)?.pem();
        write_private(&key_path, key.serialize_pem().as_bytes())?;
        write_private(&certificate_path, certificate.as_bytes())?;
        Ok(Self { issuer: Issuer::new(parameters, key), certificate })
    }

    /// Turns the certificates that the instances of a machine want into files.
    pub fn equip(&self, plan: &mut MachinePlan) -> Result<()> {
        for instance in &mut plan.instances {
            let wanted = std::mem::take(&mut instance.contents.certificates);
            for certificate in wanted {
                self.issue(&certificate, &mut instance.contents)?;
            }
        }
        Ok(())
    }

    fn issue(&self, wanted: &Certificate, contents: &mut Contents) -> Result<()> {
        let doing = || format!("issue a certificate for {}", wanted.names.join(", "));
        let key = KeyPair::generate().doing(doing)?;
        let certificate = leaf(&wanted.names).doing(doing)?.signed_by(&key, &self.issuer).doing(doing)?.pem();
        let key = key.serialize_pem();
        let file = |path: &Path, mode: u32, text: String, secret: bool| {
            let owner = wanted.owner.clone();
            File { path: path.into(), owner, mode, text, secret }
        };
        contents.files.push(file(&wanted.authority_path, 0o644, self.certificate.clone(), false));
        contents.files.push(file(&wanted.certificate_path, 0o644, certificate.clone(), false));
        contents.files.push(file(&wanted.key_path, 0o600, key.clone(), true));
        if let Some(bundle) = &wanted.bundle_path {
            contents.files.push(file(bundle, 0o600, format!("{certificate}{key}"), true));
        }
        Ok(())
    }
}

fn parameters() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, "Sehat lab authority");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    within_lifetime(&mut parameters);
    parameters
}

fn leaf(names: &[String]) -> std::result::Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(names.to_vec())?;
    let name = names.first().map_or("lab", String::as_str);
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    parameters.use_authority_key_identifier_extension = true;
    within_lifetime(&mut parameters);
    Ok(parameters)
}

/// A lab lives for hours, so its certificates need no renewal; fixed dates keep its clock out of it.
fn within_lifetime(parameters: &mut CertificateParams) {
    parameters.not_before = date_time_ymd(2024, 1, 1);
    parameters.not_after = date_time_ymd(2044, 1, 1);
}
