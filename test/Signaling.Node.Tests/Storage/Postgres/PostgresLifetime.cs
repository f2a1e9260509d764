namespace Signaling.Testing;

/// <content>As xunit knows what begins and ends by itself.</content>
public sealed partial class PostgresServer : IAsyncLifetime;
