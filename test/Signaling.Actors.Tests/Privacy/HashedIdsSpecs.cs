using Signaling.Actors.Privacy;
using Signaling.Actors.Tests.Mailboxes;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Privacy;

/// <summary>Every line that names a peer, where ids are not to be logged.</summary>
public sealed class HashedIdsSpecs : NodeSpecs
{
    public HashedIdsSpecs() => Privacy.LogIds = IdsInLog.Hashed;

    [Fact]
    public void A_fight_for_an_id_is_told_by_its_hash()
    {
        foreach (var _ in Enumerable.Range(0, 12)) Register("bob");

        Assert.Matches("^Two clients keep replacing each other as peer #[0-9a-f]{10}; ", Assert.Single(Logged.ForOperators));
    }

    [Fact]
    public void A_damaged_mailbox_is_told_by_its_peers_hash()
    {
        Store = new DamagedStore("bob");

        Register("bob");

        Assert.Matches("which fails the mailbox of peer #[0-9a-f]{10}: page 7 is damaged", Assert.Single(Logged.ForOperators));
    }
}
