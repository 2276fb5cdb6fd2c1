/** Carries the SAML response on by itself; without JavaScript the button does the same. */
document.querySelector("form[data-post]")?.submit();
