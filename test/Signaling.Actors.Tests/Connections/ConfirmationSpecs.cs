using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Connections;

/// <summary>A client is asked what it has, as long as there is anything that it is not known to have.</summary>
public sealed class ConfirmationSpecs : NodeSpecs
{
    private const int Many = 64;

    [Fact]
    public void What_comes_after_many_messages_and_a_pause_is_confirmed_too()
    {
        var alice = Register("alice");
        var bob = Register("bob");

        for (var n = 1; n <= 1 + Many; n++) Say(alice, n);          // the first is asked for at once, the others because they are many
        Advance(TimeSpan.FromSeconds(1));
        Say(alice, 2 + Many);
        Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(2 + Many, bob.Delivered);
    }

    private static void Say(InMemorySocket from, int n) => from.Says($$"""{"type":"offer","to":"bob","n":{{n}}}""");
}
