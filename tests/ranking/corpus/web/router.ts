type Handler = (params: Record<string, string>) => void;

/** Maps paths with :placeholders to pages of the shop. */
export class Router {
  private routes: { pattern: RegExp; names: string[]; handler: Handler }[] = [];

  on(path: string, handler: Handler): void {
    const names: string[] = [];
    const source = path.replace(/:(\w+)/g, (_, name) => { names.push(name); return "([^/]+)"; });
    this.routes.push({ pattern: new RegExp(`^${source}$`), names, handler });
  }

  navigate(url: string): boolean {
    for (const route of this.routes) {
      const match = route.pattern.exec(url);
      if (!match) continue;
      route.handler(Object.fromEntries(route.names.map((n, i) => [n, match[i + 1]])));
      return true;
    }
    return false;
  }
}
