/**
 * Every text of the pages that a person sees at the sign-in. `{name}` stands for a value. Plain text: what looks like HTML is
 * shown as it is written. Other languages have the same keys (docs/pages.md).
 */
export const ENGLISH = {
  "failed.title": "Sign-in failed",
  "failed.heading": "You could not be signed in",
  "failed.again": "Please try again from the start.",
  "failed.reference": "If it fails again, give your administrator this reference:",

  "signedIn.title": "Signed in",
  "signedIn.heading": "Hello {name}, you are signed in",
  "signedIn.products": "Your seats",
  "signedIn.seat": "You hold a seat ({tier}) of “{pool}”.",
  "signedIn.signOut": "Sign out",

  "noSeat.title": "No seat",
  "noSeat.heading": "Hello {name}, you have no seat at the moment",
  "noSeat.noClaim":
    "You are signed in, but nothing gives you a claim to a seat. Please ask your administrator.",
  "noSeat.none": "No seat could be given to you. Please ask your administrator for one.",
  "noSeat.excluded": "A rule of your organisation excludes you. Please ask your administrator.",
  "noSeat.tierConflict":
    "No tier offers everything that you are set up to do. Please ask your administrator.",
  "noSeat.waiting":
    "All seats ({tier}) are taken. You are number {position} on the waiting list. You need not do anything: you get in by yourself as soon as a seat is free.",
  "noSeat.reserved":
    "The seats that are free are reserved for others. You are number {position} on the waiting list. You need not do anything: you get in by yourself as soon as a seat is free.",
  "noSeat.takeOver":
    "If nobody gives a seat back before, you can take one over from {at} on: sign in again then.",
  "noSeat.takeOverNow": "You can take over a seat now: sign in again.",
  "noSeat.again": "Sign in again",

  "takenOver.by":
    "Your seat ({tier}) of “{pool}” was taken over by {by} on {at}, because all seats were in use. If you need it, sign in again.",
  "takenOver.anonymous":
    "Your seat ({tier}) of “{pool}” was taken over on {at}, because all seats were in use and somebody else needed one. If you need it, sign in again.",

  "notSignedIn.title": "Not signed in",
  "notSignedIn.heading": "You are not signed in",
  "notSignedIn.how": "Open the application from your organisation's sign-in page, or sign in here.",
  "notSignedIn.signIn": "Sign in",

  "signedOut.title": "Signed out",
  "signedOut.heading": "You are signed out",
  "signedOut.close": "You can close this window.",

  "signingOut.title": "Signing out",
  "signingOut.heading": "You are signed out here",
  "signingOut.onward": "You are being signed out at your organisation's identity provider, too.",
  "signingOut.continue": "Continue",

  "partlySignedOut.title": "Signed out here",
  "partlySignedOut.heading": "You are signed out here",
  "partlySignedOut.elsewhere":
    "Your organisation's identity provider says that you may still be signed in elsewhere. Close your browser to be sure.",

  "logoutFailed.title": "Sign-out failed",
  "logoutFailed.heading": "You could not be signed out this way",
  "logoutFailed.instead":
    "Nothing was changed. If you want to be signed out here, use the sign-out button of this service. Your administrator can find the reason by this reference:",

  "handOver.title": "Signing in",
  "handOver.heading": "Signing you in",
  "handOver.continue": "Continue",

  "find.title": "Sign in",
  "find.heading": "Sign in with your organisation",
  "find.email": "Your work e-mail address",
  "find.hint": "Only the part behind the @ is used, to find your organisation.",
  "find.continue": "Continue",
  "find.malformed": "Please write the whole address, such as name@company.example.",
  "find.unknown":
    "No organisation signs in here with addresses of {domain}. Check the address, or ask your administrator for the sign-in page.",
  "find.error": "Error:",

  "start.title": "Welcome",
  "start.heading": "People sign in here, and seats are looked after",
  "start.about":
    "This address belongs to a service that signs people in for an application and gives them their seats. Most of it is for programs: for your organisation's identity provider and for the application itself.",
  "start.signIn": "Sign in with your organisation",
  "start.session": "See whether you are signed in",
  "start.documentation":
    "Whoever sets this up finds the documentation in the folder “docs” of the package “seatkeeper”.",

  "choose.title": "Choose",
  "choose.heading": "Choose how to sign in",
  "choose.about": "There are several ways to sign in with addresses of {domain}.",
  "choose.option": "Sign in with {name}",

  "goOn.title": "Signing in",
  "goOn.heading": "You are being taken to your organisation's sign-in page",
  "goOn.link": "Continue",

  "refused.SignInFailed": "The sign-in could not be accepted.",
  "refused.SignInUnknownUser": "This account has not been set up yet.",
  "refused.LogoutRefused": "The sign-out message could not be accepted.",
  "refused.Inactive": "The account has been deactivated.",
  "refused.Forbidden": "This is not allowed.",
  "refused.NotFound": "There is no such page.",
  "refused.MethodNotAllowed": "This address does not accept that method.",
  "refused.PayloadTooLarge": "What was sent is larger than allowed.",
  "refused.TooManyRequests": "Too many requests. Try again later.",
  "refused.Unavailable": "The service is not available at the moment. Try again later.",
  "refused.Internal": "Something went wrong on our side.",
} as const satisfies Readonly<Record<string, string>>;

export type TextKey = keyof typeof ENGLISH;
export type PageTexts = Readonly<Record<TextKey, string>>;
