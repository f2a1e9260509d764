using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Signaling.Node.Configuration;

namespace Signaling.Node.Security;

/// <summary>What the files of a certificate held at one moment.</summary>
internal sealed class CertificateFiles
{
    private readonly CertificateOptions _options;
    private readonly byte[] _certificate;
    private readonly byte[] _key;

    private CertificateFiles(CertificateOptions options, byte[] certificate, byte[] key) => (_options, _certificate, _key) = (options, certificate, key);

    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static CertificateFiles Read(CertificateOptions options) =>
        new(options, File.ReadAllBytes(options.Certificate), options.Key.Length > 0 ? File.ReadAllBytes(options.Key) : []);

    public bool HoldTheSameAs(CertificateFiles other) => _certificate.AsSpan().SequenceEqual(other._certificate) && _key.AsSpan().SequenceEqual(other._key);

    /// <summary>The certificate with its key, and those of the authorities between it and a root, which clients do not have.</summary>
    /// <exception cref="InvalidDataException">The files do not hold what they should, or the password is another one.</exception>
    public SslStreamCertificateContext Load()
    {
        try
        {
            var (own, chain) = IsPfx ? FromPfx() : FromPem();
            return SslStreamCertificateContext.Create(own, chain, offline: true);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException) // the latter where the key is another certificate's
        {
            throw new InvalidDataException($"cannot load the certificate '{_options.Certificate}'{(_options.Key.Length > 0 ? $" with the key '{_options.Key}'" : "")}", failure);
        }
    }

    private bool IsPfx => Path.GetExtension(_options.Certificate).ToUpperInvariant() is ".PFX" or ".P12";

    private (X509Certificate2 Own, X509Certificate2Collection Chain) FromPfx()
    {
        var all = X509CertificateLoader.LoadPkcs12Collection(_certificate, _options.Password);
        var own = all.FirstOrDefault(certificate => certificate.HasPrivateKey) ?? throw new CryptographicException("The file holds no certificate with a private key.");
        all.Remove(own);
        return (own, all);
    }

    private (X509Certificate2 Own, X509Certificate2Collection Chain) FromPem()
    {
        var certificates = Encoding.UTF8.GetString(_certificate);
        var key = _options.Key.Length > 0 ? Encoding.UTF8.GetString(_key) : certificates;
        var own = _options.Password.Length > 0 ? X509Certificate2.CreateFromEncryptedPem(certificates, key, _options.Password) : X509Certificate2.CreateFromPem(certificates, key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificates);
        chain.RemoveAt(0);                                          // the first one is its own
        return (own, chain);
    }
}
