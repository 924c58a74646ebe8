/** Hands a text to the phone as a file: the share sheet where files may be shared, else a download. */
export async function saveTextFile(name: string, text: string): Promise<void> {
  const file = new File([text], name, { type: "application/json" });
  if (navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file] });
      return;
    } catch {
      // Closed or refused; the download below still gives them the file.
    }
  }
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
