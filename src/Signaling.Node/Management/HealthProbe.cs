using System.Net;
using System.Net.Security;
using Signaling.Node.Configuration;
using Signaling.Node.Security;

namespace Signaling.Node.Management;

/// <summary>Asks the node that runs on this machine whether it is ready: for containers, whose images have no curl.</summary>
internal static class HealthProbe
{
    /// <summary>A node that takes longer is not ready; below the time-outs that container engines set by default (30 s).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Asks <c>/health/ready</c> of the management endpoint and says in one line what came of it.</summary>
    /// <returns>The process's exit code: 0 where the node is ready, else 1.</returns>
    public static async Task<int> AskAsync(ManagementOptions management)
    {
        var endpoint = new IPEndPoint(Reachable(Address.Parse(management.Host)!), management.Port); // checked with the options
        using var handler = new SocketsHttpHandler { UseProxy = false };
        if (management.Tls.IsSet) handler.SslOptions.RemoteCertificateValidationCallback = OnlyThatOf(management.Tls);
        using var http = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(new Uri($"{(management.Tls.IsSet ? "https" : "http")}://{endpoint}/health/ready"));
            if (answer.IsSuccessStatusCode)
            {
                Console.WriteLine("ready");
                return 0;
            }
            return await NotReadyAsync($"{endpoint} answers {(int)answer.StatusCode}");
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            return await NotReadyAsync(failure.Message);
        }
    }

    /// <summary>It names the node's public host, not the address that is asked here.</summary>
    private static RemoteCertificateValidationCallback OnlyThatOf(CertificateOptions tls)
    {
        var own = CertificateFiles.Read(tls).Load().TargetCertificate;
        return (_, certificate, _, _) => own.Equals(certificate);
    }

    /// <summary>What listens on every address is asked on the loopback one.</summary>
    private static IPAddress Reachable(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : address;

    private static async Task<int> NotReadyAsync(string why)
    {
        await Console.Error.WriteLineAsync($"signaling-node: not ready: {why}");
        return 1;
    }
}
