using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Signaling.Actors.Hosting;
using Signaling.Actors.Tests.Testing;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>What happens on a connection before it is a WebSocket or HTTP.</summary>
public sealed class ConnectionUpgradeSpecs
{
    private readonly ManualTime _time = new();
    private readonly KestrelServerLimits _limits = new();
    private readonly Pipe _sent = new();
    private readonly Pipe _received = new();
    private readonly CancellationTokenSource _stopping = new();
    private string? _http;

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: node\r\n\r\n")]
    [InlineData("GET / HT")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("\0")]
    public async Task Http_reads_all_that_is_no_handshake_from_its_first_byte(string request)
    {
        var run = Run();
        await _sent.Writer.WriteAsync(Encoding.ASCII.GetBytes(request));

        await run;

        Assert.Equal(request, _http);
    }

    [Fact]
    public async Task A_node_that_takes_no_clients_leaves_a_handshake_to_http()
    {
        var run = Run();
        await _sent.Writer.WriteAsync(Encoding.ASCII.GetBytes(Hosting.RawClient.Handshake()));

        await run;

        Assert.Equal(Hosting.RawClient.Handshake(), _http);
    }

    [Fact]
    public async Task A_connection_on_which_nothing_comes_ends_in_time()
    {
        var run = Run();
        _time.Advance(_limits.RequestHeadersTimeout - TimeSpan.FromTicks(1));
        Assert.False(run.IsCompleted);

        _time.Advance(TimeSpan.FromTicks(1));

        await run;
        Assert.Null(_http);
    }

    [Fact]
    public async Task A_server_that_stops_does_not_wait_for_a_connection_on_which_nothing_has_come()
    {
        var run = Run();

        await _stopping.CancelAsync();

        await run;
        Assert.Null(_http);
    }

    private Task Run()
    {
        var services = new ServiceCollection().AddLogging().AddMetrics().AddSignaling().BuildServiceProvider();
        var upgrade = new ConnectionUpgrade(services.GetRequiredService<SignalingNode>(), services.GetRequiredService<IOptions<SignalingOptions>>(), _limits, _time);
        var connection = new DefaultConnectionContext("test", new DuplexPipe(_sent.Reader, _received.Writer), new DuplexPipe(_received.Reader, _sent.Writer));
        connection.Features.Set<IConnectionLifetimeNotificationFeature>(new Stopping(_stopping.Token));
        return upgrade.RunAsync(connection, async http =>
        {
            var read = await http.Transport.Input.ReadAsync();
            _http = Encoding.ASCII.GetString(read.Buffer);
        });
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class Stopping(CancellationToken requested) : IConnectionLifetimeNotificationFeature
    {
        public CancellationToken ConnectionClosedRequested { get; set; } = requested;

        public void RequestClose()
        {
        }
    }
}
