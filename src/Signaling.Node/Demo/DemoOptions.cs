namespace Signaling.Node.Demo;

/// <summary>The demo page.</summary>
internal sealed class DemoOptions
{
    /// <summary>Whether <c>/demo</c> on the clients' port is a page that connects browsers with each other.</summary>
    /// <value>Default false; true where <c>DOTNET_ENVIRONMENT</c> is <c>Development</c>, as with <c>dotnet run</c>, and nothing says otherwise.</value>
    public bool Enabled { get; set; }
}
