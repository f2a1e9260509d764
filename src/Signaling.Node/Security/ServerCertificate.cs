using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Signaling.Node.Configuration;
using Endpoint = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace Signaling.Node.Security;

/// <summary>The certificate of an endpoint. When its files change, connections that come from then on get the new one; those that are open keep theirs.</summary>
#pragma warning disable CA1001 // It lives as long as the server.
internal sealed partial class ServerCertificate
#pragma warning restore CA1001
{
    private readonly TlsOptions _options;
    private readonly ILogger<ServerCertificate> _logger;
    private readonly ITimer _timer;
    private CertificateFiles _files;
    private volatile SslStreamCertificateContext _current;

    /// <exception cref="InvalidDataException">The files do not hold what they should, or the password is another one.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public ServerCertificate(TlsOptions options, TimeProvider time, ILogger<ServerCertificate> logger)
    {
        (_options, _logger) = (options, logger);
        _files = CertificateFiles.Read(options);
        _current = _files.Load();
        _timer = time.CreateTimer(_ => Look(), null, options.ReloadInterval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Serves TLS 1.2 and 1.3 with it (RFC 9325 §3.1.1).</summary>
    public void Serve(Endpoint listen) => listen.UseHttps(new TlsHandshakeCallbackOptions
    {
        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = _current,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        }),
    });

    /// <summary>Reads the files, which takes less than to be told reliably when links of links to them change.</summary>
    private void Look()
    {
        try
        {
            var files = CertificateFiles.Read(_options);
            if (files.HoldTheSameAs(_files)) return;
            _files = files;                                         // each state of them is tried once: half of a renewal comes before the other
            _current = files.Load();
            var notAfter = _current.TargetCertificate.NotAfter.ToUniversalTime();
            Log.Reloaded(_logger, _options.Certificate, notAfter);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Log.NotReloaded(_logger, StartFailure.Describe(failure)!);
        }
        finally
        {
            _timer.Change(_options.ReloadInterval, Timeout.InfiniteTimeSpan);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 10, Level = LogLevel.Information, Message = "New connections get the certificate that '{File}' holds now; it is valid until {NotAfter:u}")]
        public static partial void Reloaded(ILogger logger, string file, DateTime notAfter);

        [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "The certificate's files have changed and cannot be used, so the one from before stays in force: {Reason}")]
        public static partial void NotReloaded(ILogger logger, string reason);
    }
}
