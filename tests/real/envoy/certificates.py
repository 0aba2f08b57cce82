"""certificates.py DIRECTORY: a mesh's certificates as Istio issues them (SPIFFE names, EC keys), good and bad. Runs in
the virtual environment, since it needs cryptography. Writes NAME.pem (leaf), NAME.key and CA.pem."""
import datetime
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def name_of(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def builder(subject, issuer, key, begin, end):
    return (x509.CertificateBuilder().subject_name(name_of(subject)).issuer_name(name_of(issuer))
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(begin).not_valid_after(end))


def authority(directory, name):
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (builder(name, name, key, NOW - 10 * DAY, NOW + 10 * DAY)
                   .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                   .sign(key, hashes.SHA256()))
    write(os.path.join(directory, name + ".pem"), certificate.public_bytes(serialization.Encoding.PEM))
    return name, key


def leaf(directory, name, signer, spiffe, begin=NOW - DAY, end=NOW + DAY):
    issuer, issuer_key = signer
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    certificate = (builder(name, issuer, key, begin, end)
                   .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(spiffe)]), critical=True)
                   .add_extension(usage, critical=False).sign(issuer_key, hashes.SHA256()))
    write(os.path.join(directory, name + ".pem"), certificate.public_bytes(serialization.Encoding.PEM))
    write(os.path.join(directory, name + ".key"), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def main(directory):
    mesh, stranger = authority(directory, "mesh-ca"), authority(directory, "other-ca")
    identity = "spiffe://cluster.local/ns/shop/sa/"
    leaf(directory, "server", mesh, identity + "server")
    leaf(directory, "client", mesh, identity + "client")
    leaf(directory, "wrong-ca", stranger, identity + "client")
    leaf(directory, "expired", mesh, identity + "client", NOW - 3 * DAY, NOW - 2 * DAY)
    leaf(directory, "other-domain", mesh, "spiffe://elsewhere.example/ns/shop/sa/client")


if __name__ == "__main__":
    main(sys.argv[1])
