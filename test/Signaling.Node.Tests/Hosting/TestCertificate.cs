using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Signaling.Node.Tests.Hosting;

/// <summary>A self-signed certificate in every form that the node takes, and the clients that trust it and no other.</summary>
public sealed class TestCertificate : IDisposable
{
    public const string Password = "correct horse";

    private readonly TemporaryFolder _folder = new();
    private readonly string _hash;

    public TestCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        _hash = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        Pem = _folder.Write("certificate.pem", certificate.ExportCertificatePem());
        Key = _folder.Write("key.pem", key.ExportPkcs8PrivateKeyPem());
        PemWithKey = _folder.Write("both.pem", certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        var encryption = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, iterationCount: 1_000);
        EncryptedKey = _folder.Write("encrypted.pem", key.ExportEncryptedPkcs8PrivateKeyPem(Password, encryption));
        var pfx = certificate.Export(X509ContentType.Pfx, Password);
        Pfx = _folder.Write("certificate.pfx", pfx);
        PfxInCapitals = _folder.Write("CAPITALS.PFX", pfx);         // as Windows tools write it
    }

    public string Pem { get; }

    public string Key { get; }

    public string PemWithKey { get; }

    public string EncryptedKey { get; }

    public string Pfx { get; }

    public string PfxInCapitals { get; }

    /// <summary>WebSockets over HTTP/1.1, each a connection of its own.</summary>
    public void UseHttp1(ClientWebSocketOptions options) => options.RemoteCertificateValidationCallback = IsThis;

    /// <summary>WebSockets over HTTP/2, which share the connection of an <see cref="CreateInvoker"/>.</summary>
    public static void UseHttp2(ClientWebSocketOptions options) =>
        (options.HttpVersion, options.HttpVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);

    public HttpMessageInvoker CreateInvoker() => new(CreateHandler());

    public HttpMessageHandler CreateHandler() => new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = IsThis } };

    public void Dispose() => _folder.Dispose();

    public bool IsThis(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate?.GetCertHashString(HashAlgorithmName.SHA256) == _hash;
}
