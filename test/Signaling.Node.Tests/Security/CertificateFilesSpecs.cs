using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Signaling.Node.Configuration;
using Signaling.Node.Security;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.Security;

/// <summary>What stands between the certificate and a root is sent with it: clients know roots only.</summary>
public sealed class CertificateFilesSpecs : IDisposable
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), Until = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _authority;
    private readonly X509Certificate2 _own;

    public CertificateFilesSpecs()
    {
        using var root = Issue("CN=root", null, isAuthority: true);
        using var authority = Issue("CN=authority", root, isAuthority: true);
        _authority = X509CertificateLoader.LoadCertificate(authority.RawData);
        _own = Issue("CN=node", authority, isAuthority: false);
    }

    [Fact]
    public void Of_a_pem_file() => AssertIsWhole(_folder.Write("chain.pem", $"{_own.ExportCertificatePem()}\n{_authority.ExportCertificatePem()}\n{_own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()}"), "");

    [Fact]
    public void Of_a_pfx_file() => AssertIsWhole(_folder.Write("chain.pfx", new X509Certificate2Collection { _authority, _own }.Export(X509ContentType.Pfx, "secret")!), "secret");

    [Fact]
    public void A_pfx_file_without_a_key_is_refused()
    {
        using var bare = X509CertificateLoader.LoadCertificate(_own.RawData);
        var file = _folder.Write("bare.pfx", bare.Export(X509ContentType.Pfx));

        Assert.Throws<InvalidDataException>(() => CertificateFiles.Read(new TlsOptions { Certificate = file }).Load());
    }

    public void Dispose()
    {
        _own.Dispose();
        _authority.Dispose();
        _folder.Dispose();
    }

    private void AssertIsWhole(string file, string password)
    {
        var context = CertificateFiles.Read(new TlsOptions { Certificate = file, Password = password }).Load();

        Assert.Equal(_own.RawData, context.TargetCertificate.RawData);
        Assert.True(context.TargetCertificate.HasPrivateKey);
        Assert.Equal(_authority.RawData, Assert.Single(context.IntermediateCertificates).RawData);
    }

    private static X509Certificate2 Issue(string name, X509Certificate2? issuer, bool isAuthority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        if (isAuthority) request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        if (issuer is null) return request.CreateSelfSigned(From, Until);
        using var certificate = request.Create(issuer, From, Until, [1, 2, 3]);
        return certificate.CopyWithPrivateKey(key);
    }
}
