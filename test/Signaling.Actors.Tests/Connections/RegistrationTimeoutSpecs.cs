using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Connections;

/// <summary>A connection without a registration is closed with 4008 after 60 s.</summary>
public sealed class RegistrationTimeoutSpecs : NodeSpecs
{
    private static readonly (CloseCode Code, string Reason) TimedOut = (CloseCode.RegistrationTimeout, "registration timeout");
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void A_client_that_does_not_register_is_closed_after_60_seconds()
    {
        var client = ConnectLively();

        Advance(TimeSpan.FromSeconds(60) - Moment);
        var before = client.CloseFrame;
        Advance(Moment);

        Assert.Null(before);
        Assert.Equal(TimedOut, client.CloseFrame);
    }

    [Fact]
    public void A_client_that_registered_at_the_last_moment_stays()
    {
        var client = ConnectLively();
        Advance(TimeSpan.FromSeconds(60) - Moment);

        client.Says("""{"type":"register","peerId":"alice"}""");
        Advance(TimeSpan.FromMinutes(10));

        Assert.Null(client.CloseFrame);
    }

    [Theory]
    [InlineData("""{"type":"ping"}""")]
    [InlineData("""{"type":"heartbeat"}""")]
    [InlineData("""{"type":"register"}""")]
    [InlineData("""{"type":"unregister"}""")]
    [InlineData("nonsense")]
    public void Nothing_but_a_valid_register_counts(string message)
    {
        var client = ConnectLively();
        Advance(TimeSpan.FromSeconds(59));

        client.Says(message);
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(TimedOut, client.CloseFrame);
    }

    [Fact]
    public void After_unregister_it_has_60_seconds_again()
    {
        var client = ConnectLively();
        client.Says("""{"type":"register","peerId":"alice"}""");
        Advance(TimeSpan.FromMinutes(5));

        client.Says("""{"type":"unregister"}""");
        Advance(TimeSpan.FromSeconds(60) - Moment);
        var before = client.CloseFrame;
        Advance(Moment);

        Assert.Null(before);
        Assert.Equal(TimedOut, client.CloseFrame);
    }

    private InMemorySocket ConnectLively()
    {
        var client = Connect();
        client.ShowsLifeAlways = true;
        return client;
    }
}
