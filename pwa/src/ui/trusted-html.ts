// The one door through which HTML text enters the page. The server sanitised it when it was published (nh3);
// the policy's name is the only one that the Content-Security-Policy allows besides the worker's.
interface HtmlPolicy {
  createHTML(html: string): string;
}
interface PolicyFactory {
  createPolicy(name: string, rules: { createHTML(html: string): string }): HtmlPolicy;
}

const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
const policy = factory?.createPolicy("app-html", { createHTML: (html) => html });

export function fragmentOf(html: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(html) : html;
  return template.content;
}
