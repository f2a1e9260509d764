using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests;

public sealed class SmokeSpecs : NodeSpecs
{
    [Fact]
    public void Works()
    {
        var alice = Register("alice");
        var bob = Register("bob");
        alice.Says("""{"type":"offer","to":"bob","n":1}""");
        Assert.Equal(["registered", "offer"], bob.Types);
        bob.Vanish();
        alice.Says("""{"type":"offer","to":"bob","n":2}""");
        Advance(TimeSpan.FromSeconds(2));
        Assert.Contains("offline", alice.Presence["bob"]);
        Assert.Equal(["registered", "peer-offline"], alice.Types);
    }
}
