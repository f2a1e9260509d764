using Akka.Actor;
using CsCheck;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>Calls for a few mailboxes in any order, while commits and reads go on or fail, single writes are poison and callers give up. The reference is
/// <see cref="StoreHistory"/>: what the callers heard, what the database did and what the mailboxes hold must fit together.</summary>
public sealed class GroupCommitProperties : IAsyncLifetime
{
    private static readonly Gen<StoreStep> Steps = Gen.Select(
        Gen.Frequency(
            (8, Gen.Const(StoreAct.Append)),
            (1, Gen.Const(StoreAct.AppendPoison)),
            (4, Gen.Const(StoreAct.Remove)),
            (4, Gen.Const(StoreAct.Open)),
            (1, Gen.Const(StoreAct.Number)),
            (6, Gen.Const(StoreAct.Commit)),
            (1, Gen.Const(StoreAct.FailCommit)),
            (5, Gen.Const(StoreAct.Read)),
            (1, Gen.Const(StoreAct.FailRead)),
            (2, Gen.Const(StoreAct.Wait))),
        Gen.Char['a', 'c'],
        Gen.Int[1, 3],
        (act, mailbox, size) => new StoreStep(act, mailbox, size));

    private readonly ActorSystem _system = ActorSystem.Create("store", "akka { loglevel = OFF, stdout-loglevel = OFF }"); // starting it takes longer than a run

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate().Soon();

    [Fact]
    public Task What_callers_hear_is_what_the_database_did_and_openings_read() => Steps.Array[1, 80].SampleAsync(
        async steps =>
        {
            await using var run = new StoreRun(_system);
            await run.HoldsAsync(steps);
        },
        iter: 1_000, threads: 1, print: steps => string.Join(", ", steps));
}

/// <summary>What can happen to a store.</summary>
internal enum StoreAct
{
    Append, AppendPoison, Remove, Open, Number, Commit, FailCommit, Read, FailRead, Wait,
}

/// <summary>One step of a run.</summary>
/// <param name="Act">What happens.</param>
/// <param name="Mailbox">To which mailbox, where it is to one.</param>
/// <param name="Size">Messages, or seconds.</param>
internal readonly record struct StoreStep(StoreAct Act, char Mailbox, int Size)
{
    public override string ToString() => Act switch
    {
        StoreAct.Append or StoreAct.AppendPoison or StoreAct.Remove => $"{Act} {Mailbox} {Size}",
        StoreAct.Open or StoreAct.Number => $"{Act} {Mailbox}",
        StoreAct.Wait => $"{Act} {Size * 2} s",
        _ => $"{Act}",
    };
}
