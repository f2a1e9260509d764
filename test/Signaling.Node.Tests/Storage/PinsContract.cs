using Signaling.Actors.Mailboxes;
using Signaling.Node.Auth;
using static Signaling.Node.Tests.Auth.Attempts;

namespace Signaling.Node.Tests.Storage;

/// <summary>What a peer id is bound to it stays bound to, wherever that is kept.</summary>
public abstract class PinsContract : IAsyncLifetime
{
    private protected static readonly byte[] Key = [1, 2, 3], Other = [4, 5];

    private protected IPins Pins { get; private set; } = null!;

    public virtual async Task InitializeAsync() => await OpenAsync();

    public abstract Task DisposeAsync();

    [Fact]
    public async Task The_first_key_counts_also_after_a_restart()
    {
        Assert.Equal(Key, await Pins.PinAsync(Peer("alice"), Key));
        await CloseAsync();
        await OpenAsync();

        Assert.Equal(Key, await Pins.PinAsync(Peer("alice"), Other));
        Assert.Equal(Other, await Pins.PinAsync(Peer("bob"), Other));
    }

    [Fact]
    public async Task Of_many_that_come_at_once_one_has_it()
    {
        var keys = Enumerable.Range(0, 50).Select(n => new[] { (byte)n }).ToArray();

        var bound = await Task.WhenAll(keys.Select(key => Task.Run(() => Pins.PinAsync(Peer("alice"), key))));

        Assert.Single(bound.Select(key => Assert.Single(key!)).Distinct());
    }

    [Fact]
    public async Task So_many_are_bound_and_those_that_are_stay_so_also_after_a_restart()
    {
        await OpenAsync(most: 2);
        await Pins.PinAsync(Peer("alice"), Key);
        await Pins.PinAsync(Peer("bob"), Key);

        for (var start = 0; start < 2; start++)
        {
            Assert.Null(await Pins.PinAsync(Peer("carol"), Key));
            Assert.Equal(Key, await Pins.PinAsync(Peer("bob"), Other));
            await CloseAsync();
            await OpenAsync(most: 2);
        }
    }

    [Fact]
    public async Task Of_more_than_fit_that_come_at_once_as_many_are_bound_as_fit()
    {
        await OpenAsync(most: 7);

        var bound = await Task.WhenAll(Enumerable.Range(0, 50).Select(n => Task.Run(() => Pins.PinAsync(Peer($"peer-{n}"), Key))));

        Assert.Equal(7, bound.Count(key => key is not null));
    }

    [Fact]
    public async Task Where_nothing_can_be_kept_nothing_is_bound()
    {
        await CloseAsync();

        await Assert.ThrowsAsync<MailboxStoreException>(() => Pins.PinAsync(Peer("alice"), Key));
    }

    [Fact]
    public async Task A_binding_can_be_given_up()
    {
        await Pins.PinAsync(Peer("alice"), Key);

        Assert.True(await UnpinAsync("alice"));
        Assert.False(await UnpinAsync("bob"));

        Assert.Equal(Other, await Pins.PinAsync(Peer("alice"), Other));
    }

    /// <summary>Opens what is there; what was open may be left open.</summary>
    private protected abstract Task<IPins> StartAsync(int most);

    private protected abstract ValueTask CloseAsync();

    /// <summary>As an operator does.</summary>
    private protected abstract Task<bool> UnpinAsync(string peer);

    private async Task OpenAsync(int most = 1_000) => Pins = await StartAsync(most);
}
