using Signaling.Testing;

namespace Signaling.Node.Tests.Storage.Postgres;

/// <summary>Tests that share a server, one after the other, each in a database of its own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedPostgres : ICollectionFixture<PostgresServer>
{
    public const string Name = "PostgreSQL";
}
